"""The ceremony on paper: what each person does, in order, with the names of the files."""

from __future__ import annotations

_VI = """\
LỄ TẠO KHÓA · đơn vị “{unit}”
Cần: một máy tính xách tay không nối mạng (rút dây, tắt Wi-Fi), chương trình này, một USB mới,
ba người giữ khóa gốc (A, B, C), một người ký sổ khóa, một phong bì niêm phong cho mỗi khóa.
Trước hết xem ngày giờ của máy: văn bản mang ngày giờ ấy.
Không ai được giữ hai khóa. Khóa gốc không bao giờ cắm vào máy có mạng.

NGÀY 1 · Khóa gốc (mỗi người tự gõ câu mật khẩu của mình, không ai nhìn)
 1. A:  loa-server keys make root --holder "Họ tên A" --name goc-a
    B:  loa-server keys make root --holder "Họ tên B" --name goc-b
    C:  loa-server keys make root --holder "Họ tên C" --name goc-c
 2. Người ký sổ khóa:
        loa-server keys make authority --holder "Họ tên" --name so-khoa
    Người ký phần mềm (có thể để sau):
        loa-server keys make release --holder "Họ tên" --name phan-mem
 3. Đọc to mã khóa (keyid) trên màn hình, mọi người chép vào biên bản.
 4. loa-server keys root new --installation {unit} --holder goc-a.card.json \\
        --holder goc-b.card.json --holder goc-c.card.json \\
        --authority {unit}=so-khoa.card.json --release phan-mem.card.json
    → root-1.json, chưa ai ký
 5. A:  loa-server keys sign root-1.json --key goc-a.key.pem
    B:  loa-server keys sign root-1.json --key goc-b.key.pem     (hôm nay hoặc hôm khác)
 6. loa-server keys check root-1.json      → ĐÚNG
 7. Mỗi người chép tệp .key.pem của mình ra USB riêng, niêm phong, rồi xóa khỏi máy.
    Hai bản ở hai nơi. Mất hai trong ba khóa gốc là phải cài lại mọi điểm phát.

NGÀY 2 · Trên máy chủ (server.toml: [duty] elsewhere = true, nếu trực ban ký ở máy khác)
 8. loa-server init --config server.toml --areas areas.json
    loa-server keys install root-1.json
    loa-server keys request --folder /media/usb      → request.json (khóa máy chủ tự tạo và xin ghi)
 9. Trực ban, trên máy của trực ban (không phải máy chủ):
        loa-server keys make countersign --holder "Trực ban …" --name truc-ban

NGÀY 2 hoặc 3 · Sổ khóa, trên máy không mạng
10. loa-server keys register next --root root-1.json --request request.json \\
        --add truc-ban.card.json --scope MÃ-KHU-VỰC --max-level emergency
    → register-1.json. Đọc từng khóa: của ai, được nói ở đâu, tới mức nào.
11. loa-server keys sign register-1.json --key so-khoa.key.pem
    loa-server keys check register-1.json      → ĐÚNG
12. Trên máy chủ:     loa-server keys install register-1.json
    Máy của trực ban: loa-server keys unlock truc-ban.key.pem --register register-1.json \\
        --into THƯ-MỤC-KHÓA        rồi: loa-server duty --add TÊN-TRỰC-BAN, và chạy loa-server duty

MỖI 60 NGÀY (sổ khóa sống tối đa 90 ngày; bảng điều khiển nhắc trước 30 ngày)
    máy chủ: keys request · máy không mạng: keys register next --after register-N.json …, keys sign,
    keys check · máy chủ: keys install

KHI CÓ CHUYỆN
    Mất hoặc lộ khóa hằng ngày:  keys register next … --revoke MÃ-KHÓA    (mọi điều nó ký bị bỏ)
    Thay khóa hằng ngày, bình thường:  … --retire MÃ-KHÓA    (điều đã ký vẫn có giá trị)
    Thay người giữ khóa gốc:  keys root next --after root-N.json --replace MÃ-KHÓA=thẻ-mới.card.json
        hai người cũ và hai người mới ký; ai thuộc cả hai bên chỉ ký một lần
    Lộ khóa sổ khóa:  keys root next --after root-N.json --authority {unit}=thẻ-mới.card.json
        rồi keys register next với khóa mới; cài CÙNG LÚC: keys install root-M.json register-K.json
"""

_EN = """\
KEY CEREMONY · unit "{unit}"
Needed: a laptop with no network (cable out, Wi-Fi off), this program, a new USB stick, three root
holders (A, B, C), one person who signs registers, one sealed envelope for each key.
First look at the laptop's date: documents carry it.
Nobody holds two keys. A root key is never in a machine that has a network.

DAY 1 · The root (everyone types their own passphrase, unseen)
 1. A:  loa-server keys make root --holder "Name of A" --name goc-a
    B:  loa-server keys make root --holder "Name of B" --name goc-b
    C:  loa-server keys make root --holder "Name of C" --name goc-c
 2. Whoever signs registers:
        loa-server keys make authority --holder "Name" --name so-khoa
    Whoever signs software (may wait):
        loa-server keys make release --holder "Name" --name phan-mem
 3. Read the keyids aloud; everybody writes them into the minutes.
 4. loa-server keys root new --installation {unit} --holder goc-a.card.json \\
        --holder goc-b.card.json --holder goc-c.card.json \\
        --authority {unit}=so-khoa.card.json --release phan-mem.card.json
    → root-1.json, signed by nobody yet
 5. A:  loa-server keys sign root-1.json --key goc-a.key.pem
    B:  loa-server keys sign root-1.json --key goc-b.key.pem     (today or another day)
 6. loa-server keys check root-1.json      → GOOD
 7. Everyone takes their .key.pem on a stick of their own, seals it, and deletes it here.
    Two copies in two places. Two of three root keys lost means every node set up again.

DAY 2 · On the server (server.toml: [duty] elsewhere = true, if the duty officer signs elsewhere)
 8. loa-server init --config server.toml --areas areas.json
    loa-server keys install root-1.json
    loa-server keys request --folder /media/usb      → request.json (keys the server made itself)
 9. The duty officer, on the duty officer's machine (not the server):
        loa-server keys make countersign --holder "Duty …" --name truc-ban

DAY 2 or 3 · The register, on the offline laptop
10. loa-server keys register next --root root-1.json --request request.json \\
        --add truc-ban.card.json --scope AREA-ID --max-level emergency
    → register-1.json. Read each key: whose, where it may speak, up to which level.
11. loa-server keys sign register-1.json --key so-khoa.key.pem
    loa-server keys check register-1.json      → GOOD
12. On the server:      loa-server keys install register-1.json
    At the duty officer's: loa-server keys unlock truc-ban.key.pem --register register-1.json \\
        --into KEYS-FOLDER        then: loa-server duty --add OFFICER, and run loa-server duty

EVERY 60 DAYS (a register lives 90 days at most; the console reminds 30 days before)
    server: keys request · laptop: keys register next --after register-N.json …, keys sign,
    keys check · server: keys install

WHEN SOMETHING HAPPENS
    A daily key lost or stolen:  keys register next … --revoke KEYID    (all it signed is dropped)
    A daily key changed in peace:  … --retire KEYID    (what it signed stays good)
    Another root holder:  keys root next --after root-N.json --replace KEYID=new.card.json
        two of the old and two of the new sign; whoever is both signs once
    The authority key stolen:  keys root next --after root-N.json --authority {unit}=new.card.json
        then keys register next with the new key; install BOTH AT ONCE:
        keys install root-M.json register-K.json
"""


def lines(unit: str) -> list[str]:
    return [_VI.format(unit=unit), _EN.format(unit=unit)]
