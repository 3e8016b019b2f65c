"""Codes in the words of the staff. Everything a page shows for a code comes from here.

The msgids are the Vietnamese text itself; locale/en holds the English.
"""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = dict[str, Promise]

LEVELS: Final[Words] = {
    "normal": _("Thông thường"),
    "priority": _("Ưu tiên"),
    "emergency": _("Khẩn cấp"),
}
LEVELS_MEAN: Final[Words] = {
    "normal": _("Tin hằng ngày. Hiệu lực tối đa 45 ngày."),
    "priority": _("Bắt buộc phát, phát trước bản tin thông thường. Hiệu lực tối đa 7 ngày."),
    "emergency": _(
        "Phát ngay, ngắt mọi bản tin khác, kể cả trong giờ yên lặng. Cần người duyệt và trực ban"
        " cùng ký trong 10 phút. Hiệu lực tối đa 6 giờ."
    ),
}
ALERTS: Final[Words] = {
    "flood": _("Lũ, ngập"),
    "storm": _("Bão, giông lốc"),
    "fire": _("Cháy"),
    "epidemic": _("Dịch bệnh"),
    "security": _("An ninh, trật tự"),
    "other": _("Tình huống khẩn cấp khác"),
}
MODES_MEAN: Final[Words] = {
    "now": _("Mỗi điểm phát đọc ngay khi nhận được, cả điểm vừa có điện lại."),
    "at": _("Đúng những giờ và ngày chọn dưới đây."),
    "slots": _("Các buổi sáng, chiều đã đặt sẵn cho từng điểm phát."),
}
GENRES: Final[Words] = {
    "policy": _("Chủ trương, pháp luật"),
    "project": _("Chương trình, dự án của địa phương"),
    "know_how": _("Kiến thức đời sống, sản xuất"),
    "news": _("Tin kinh tế – xã hội địa phương"),
    "health": _("Y tế, phòng dịch"),
    "weather": _("Thời tiết, phòng chống thiên tai"),
    "correction": _("Đính chính thông tin sai"),
    "notice": _("Thông báo khác"),
    "enrolment": _("Tuyển sinh"),
    "recruitment": _("Tuyển dụng"),
    "charity": _("Từ thiện"),
}
KINDS: Final[Words] = {
    "play": _("Phát thanh"),
    "stop": _("Lệnh dừng"),
    "drill": _("Diễn tập"),
    "all_clear": _("Báo yên"),
}
AREA_KINDS: Final[Words] = {
    "province": _("Tỉnh"),
    "city": _("Thành phố"),
    "unit": _("Đơn vị vận hành"),
    "commune": _("Xã"),
    "ward": _("Phường"),
    "ap": _("Ấp"),
    "soc": _("Sóc"),
    "thon": _("Thôn"),
    "khu_pho": _("Khu phố"),
}
STATES: Final[Words] = {
    "draft": _("Bản nháp"),
    "submitted": _("Chờ duyệt"),
    "returned": _("Bị trả lại"),
    "approved": _("Đã duyệt, đang phát hành"),
    "published": _("Đã phát hành"),
    "ended": _("Đã kết thúc"),
    "recalled": _("Đã thu hồi"),
    "discarded": _("Đã bỏ"),
}
INBOX: Final[Words] = {
    "waiting": _("Chờ xếp lịch"),
    "taken": _("Xã đã nhận"),
    "declined": _("Xã không phát"),
    "overdue": _("Quá hạn, loa tự phát"),
    "replaced": _("Đã có bản mới"),
}
DELIVERIES: Final[Words] = {
    "expected": _("Chưa báo về"),
    "accepted": _("Đã nhận"),
    "refused": _("Từ chối"),
    "ready": _("Sẵn sàng"),
    "playing": _("Đang phát"),
    "played": _("Đã phát"),
    "partial": _("Phát dở"),
    "failed": _("Lỗi"),
    "missed": _("Bỏ lỡ"),
}
EVIDENCE: Final[Words] = {
    "command": _("mới ra lệnh phát, chưa có bằng chứng"),
    "decoder": _("đã giải mã đủ âm thanh"),
    "device": _("âm thanh đã ra tới card loa"),
    "heard": _("micro tại chỗ đã nghe thấy"),
}
EARS: Final[Words] = {
    "heard": _("micro tại chỗ đã nghe thấy"),
    "unsure": _("micro tại chỗ nghe không rõ"),
    "not_heard": _("micro tại chỗ không nghe thấy"),
    "no_mic": _("không có micro tại chỗ để nghe lại"),
}
ORIGINS: Final[Words] = {
    "upload": _("Tệp gửi lên"),
    "recording": _("Ghi âm"),
    "tts:espeak-ng": _("Giọng máy"),
}
VERBS: Final[Words] = {
    "create": _("Bắt đầu viết"),
    "submit": _("Trình duyệt"),
    "approve": _("Phê duyệt"),
    "first_approve": _("Phê duyệt, người thứ nhất"),
    "release": _("Đã xem các từ cần xem"),
    "node_order": _("Thử một điểm phát từ xa"),
    "area_drawn": _("Ghi ranh giới trên bản đồ"),
    "node_point": _("Ghi vị trí của điểm phát trên bản đồ"),
    "watch_add": _("Thêm từ cần xem"),
    "watch_remove": _("Bỏ từ cần xem"),
    "return": _("Trả lại"),
    "reopen": _("Mở lại để sửa"),
    "withdraw": _("Rút lại"),
    "published": _("Phát hành"),
    "post": _("Niêm yết"),
    "unpost": _("Gỡ niêm yết"),
    "countersign": _("Trực ban ký khẩn cấp"),
    "handed": _("Chuyển xuống hộp tin của xã"),
    "overdue": _("Quá hạn xếp lịch, phát theo quy định"),
    "inbox_take": _("Nhận bản tin của cấp trên"),
    "inbox_decline": _("Không phát bản tin của cấp trên"),
    "inbox_reopen": _("Xem lại bản tin đã trả lời không phát"),
    "discard": _("Bỏ bản nháp"),
    "restore": _("Lấy lại bản nháp"),
    "stop": _("Cho dừng phát"),
    "hush": _("Cho im loa cả địa bàn"),
    "all_clear": _("Báo yên"),
    "ended": _("Kết thúc"),
    "node_enrol": _("Nhận điểm phát"),
    "node_decline": _("Từ chối thẻ"),
    "node_certificate": _("Cấp chứng chỉ"),
    "node_renew": _("Điểm phát đổi khóa"),
    "node_revoke": _("Thu hồi điểm phát"),
    "batch_make": _("Tạo mã cho một đợt thẻ"),
    "alarm_answer": _("Trả lời cảnh báo"),
    "batch_close": _("Đóng mã của một đợt thẻ"),
    "journal_brought": _("Nhập nhật ký từ USB"),
    "sign_in": _("Đăng nhập"),
    "sign_in_failed": _("Đăng nhập hoặc mã xác nhận sai"),
    "locked_out": _("Tạm khóa vì sai nhiều lần"),
    "recovery_code_used": _("Dùng một mã dự phòng"),
    "recovery_codes_made": _("Tạo mã dự phòng mới"),
    "password_changed": _("Đổi mật khẩu"),
    "factor_set": _("Cài xác nhận hai bước"),
    "factor_changed": _("Đổi điện thoại xác nhận hai bước"),
    "account_made": _("Tạo tài khoản"),
    "account_reset": _("Cấp lại mật khẩu và xác nhận hai bước"),
    "area_made": _("Thêm địa bàn"),
    "area_renamed": _("Đổi tên địa bàn"),
    "area_languages": _("Đặt tiếng nghe của địa bàn"),
    "area_moved": _("Chuyển địa bàn sang cấp trên khác"),
    "area_merged": _("Nhập địa bàn"),
    "areas_imported": _("Nhập tệp địa bàn"),
    "node_moved": _("Chuyển điểm phát"),
    "role_given": _("Giao quyền"),
    "role_ended": _("Kết thúc quyền"),
    "link_used": _("Đặt mật khẩu bằng đường dẫn một lần"),
    "account_closed": _("Đóng tài khoản"),
    "account_opened": _("Mở lại tài khoản"),
    "keys_made": _("Tạo khóa ký"),
    "register_made": _("Ban hành sổ đăng ký khóa"),
    "root_installed": _("Cài khóa gốc mới"),
    "register_installed": _("Cài sổ đăng ký khóa mới"),
}
DETAILS: Final[Words] = {
    "languages": _("Tiếng"),
    "area": _("Địa bàn"),
    "why": _("Lý do"),
    "word": _("Từ"),
    "alarm": _("Cảnh báo"),
    "times": _("Số lần"),
    "name": _("Tên"),
    "uses": _("Nhiều nhất"),
    "used": _("Đã dùng"),
    "sha256": _("Mã nội dung"),
    "version": _("Phiên bản"),
    "holder": _("Người giữ"),
    "signed_by": _("Ký bởi các khóa"),
    "by": _("Người chạy lệnh"),
    "address": _("Từ địa chỉ"),
    "during": _("Trong lúc"),
    "role": _("Vai trò"),
    "until": _("Đến hết ngày"),
    "since": _("Từ ngày"),
    "from": _("Trước"),
    "to": _("Sau"),
    "kind": _("Loại"),
    "new": _("Mới"),
    "changed": _("Thay đổi"),
}
ROLES: Final[Words] = {
    "author": _("Biên tập"),
    "approver": _("Người duyệt"),
    "duty": _("Trực ban"),
    "registrar": _("Quản trị"),
    "technician": _("Kỹ thuật"),
    "auditor": _("Thanh tra"),
}
FAULTS: Final[Words] = {
    "missing": _("Mục này không còn: có người đã cắt bỏ."),
    "order": _("Mục này không đứng ở chỗ của nó."),
    "edited": _("Mục này, hoặc mục ngay trước, không còn như lúc được ghi."),
    "head": _("Phần sau mục này đã bị cắt bỏ hoặc viết lại."),
}
REASONS: Final[Words] = {
    # the programme
    "late": _("Quá giờ phát mới nhận được"),
    "expired": _("Bản tin đã hết hạn"),
    "quiet_hours": _("Rơi vào giờ yên lặng"),
    "moved": _("Điểm phát đã chuyển đi nơi khác trước khi phát"),
    "session_full": _("Khung giờ đã đầy"),
    "too_long": _("Dài hơn một buổi phát"),
    "repeat_guard": _("Vừa phát bản tin này, chưa được lặp lại"),
    "no_session": _("Điểm phát không có khung giờ phù hợp"),
    # the player
    "device_lost": _("Mất card âm thanh hoặc loa"),
    "stalled": _("Đang phát thì bị đứng"),
    "not_audio": _("Tệp âm thanh không đọc được"),
    "truncated": _("Tệp âm thanh bị thiếu"),
    "missing_file": _("Thiếu tệp âm thanh"),
    "output_error": _("Card âm thanh báo lỗi"),
    "decoder_error": _("Bộ giải mã âm thanh báo lỗi"),
    "lost_buffers": _("Âm thanh bị ngắt quãng"),
    "not_heard": _(
        "Máy đã phát nhưng micro tại chỗ không nghe thấy: kiểm tra điện và âm lượng ampli, dây loa;"
        " loa vẫn kêu thì xem lại micro"
    ),
    "unsure": _("Micro tại chỗ nghe không rõ (ồn, mưa to)"),
    "unreachable": _("Chưa tải được từ máy chủ"),
    "no_room": _("Thẻ nhớ hết chỗ"),
    "poison": _("Ba lần làm chương trình dừng khi đang phát; hãy phát hành bản sửa"),
    "false_starts": _("Ba lần làm chương trình dừng khi khởi động; hãy phát hành bản sửa"),
    "card_full": _("Thẻ nhớ đầy, đang dùng phần dự trữ; cần thay thẻ"),
    "disk": _("Thẻ nhớ không ghi được"),
    "preempted": _("Nhường cho bản tin gấp hơn"),
    "stopped": _("Bị dừng"),
    "off": _("Lúc đó điểm phát đang tắt"),
    "no_clock": _("Đồng hồ điểm phát chưa đáng tin"),
    "crash": _("Phần mềm điểm phát khởi động lại giữa chừng"),
    "power": _("Mất điện khi đang phát"),
    "damaged": _("Tệp bị hỏng"),
    "internal_error": _("Lỗi bên trong phần mềm điểm phát"),
    "deaf_line": _("Đường truyền còn mà không nhận được tin, điểm phát đang tự nối lại"),
    "no_player": _("Bộ phát âm thanh ngừng chạy"),
    "first_start": _("Lần chạy đầu tiên với thẻ nhớ này"),
    "in_order": _("Tắt máy đúng cách"),
    "power_lost": _("Mất điện hoặc bị rút nguồn"),
    "killed": _("Bị dừng đột ngột từ bên ngoài"),
    "hung": _("Bị treo, hệ thống đã cho chạy lại"),
    "out_of_memory": _("Hết bộ nhớ"),
    "crashed": _("Tự dừng vì lỗi"),
    "under_voltage": _("Nguồn điện yếu"),
    "hot": _("Máy quá nóng"),
    "card_read_only": _("Thẻ nhớ đã chuyển sang chỉ đọc, cần thay"),
    "card_failing": _("Thẻ nhớ ghi vào không đọc lại được, cần thay"),
    "card_errors": _("Thẻ nhớ có lỗi"),
    "card_low": _("Thẻ nhớ sắp đầy"),
    "memory_low": _("Bộ nhớ máy gần hết"),
    "thread_stuck": _("Một phần của chương trình bị treo"),
    # what a node refuses
    "size": _("Gói tin quá lớn"),
    "json": _("Gói tin không đọc được"),
    "envelope": _("Phong bì ký số không đúng"),
    "base64": _("Phong bì ký số không đúng"),
    "type": _("Loại gói tin không đúng"),
    "version": _("Gói tin của phiên bản mới hơn phần mềm điểm phát"),
    "schema": _("Nội dung gói tin không hợp lệ"),
    "crit": _("Gói tin cần tính năng mà điểm phát chưa có"),
    "signature": _("Chữ ký không đúng"),
    "signatures": _("Không đủ chữ ký hợp lệ"),
    "unknown_key": _("Khóa ký không có trong sổ đăng ký"),
    "no_register": _("Điểm phát chưa có sổ đăng ký khóa"),
    "newer_register": _("Điểm phát chưa nhận sổ đăng ký khóa mới"),
    "register_expired": _("Sổ đăng ký khóa đã hết hạn"),
    "no_assignment": _("Điểm phát chưa được phân công địa bàn"),
    "may": _("Khóa ký không được dùng cho việc này"),
    "scope": _("Khóa ký không có quyền ở địa bàn này"),
    "level": _("Khóa ký không được phép ở mức này"),
    "key_life": _("Khóa ký đã hết thời hạn hoặc chưa đến thời hạn"),
    "countersign": _("Thiếu chữ ký thứ hai của trực ban"),
    "drill_level": _("Diễn tập không được mang mức khẩn cấp"),
    "not_here": _("Không thuộc địa bàn của điểm phát"),
    "foreign": _("Thuộc một hệ thống khác"),
    "unit": _("Thuộc một đơn vị khác"),
    "life": _("Thời hạn dài hơn mức cho phép"),
    "no_proof": _("Chưa có chứng thực thời gian"),
    "nonce": _("Trả lời giờ cho một câu mà điểm phát không hỏi"),
    "late_answer": _("Câu trả lời giờ đến quá muộn"),
    "before_floor": _("Giờ được báo sớm hơn giờ đã chắc chắn"),
    "beyond_register": _("Giờ được báo vượt quá hạn của sổ đăng ký khóa"),
    "future": _("Thời điểm ký ở tương lai"),
    "rollback": _("Bản cũ hơn bản đang giữ"),
    "known": _("Đã có rồi"),
    "ticket": _("Lệnh đã dùng hoặc quá hạn"),
    "renewal_refused": _("Không đổi được chứng chỉ của điểm phát"),
    "wrong_papers": _("Chứng chỉ nhận được không phải của điểm phát này"),
}
FACTS: Final[Words] = {
    "received": _("Đã nhận bản tin"),
    "refused": _("Từ chối một gói tin"),
    "ready": _("Bản tin sẵn sàng phát"),
    "started": _("Bắt đầu phát"),
    "ended": _("Phát xong"),
    "missed": _("Bỏ lỡ một lần phát"),
    "preempted": _("Nhường cho bản tin gấp hơn"),
    "skipped": _("Bỏ qua một lần phát"),
    "stopped": _("Dừng phát"),
    "rebooted": _("Khởi động lại"),
    "restarted": _("Một chương trình của điểm phát đã chạy lại"),
    "clock_set": _("Chỉnh đồng hồ"),
    "config_applied": _("Áp dụng cấu hình mới"),
    "device_lost": _("Mất card âm thanh hoặc loa"),
    "device_back": _("Card âm thanh hoạt động trở lại"),
    "media_failed": _("Không tải được âm thanh hoặc ảnh"),
    "dropped_facts": _("Nhật ký đầy, bỏ bớt dòng cũ"),
    "journal_lost": _("Mất nhật ký"),
    "shelf_lost": _("Mất kho bản tin"),
    "set_aside": _("Cất riêng một bản tin hỏng"),
    "alarm": _("Báo động tại điểm phát"),
    "self_test": _("Tự kiểm tra loa hằng tuần"),
    "recovered": _("Đã trở lại bình thường"),
    "obeyed": _("Trả lời lệnh thử từ xa"),
}
ORDERS: Final[Words] = {
    "test_tone": _("Thử loa"),
    "identify": _("Nhận diện"),
    "restart": _("Khởi động lại"),
}
TRIED: Final[Words] = {
    "test_tone": _("Loa đã kêu một tiếng."),
    "identify": _("Tên đã hiện trên màn hình, loa đã kêu một tiếng."),
    "restart": _("Đang chạy lại chương trình."),
}
UNTRIED: Final[Words] = {
    "busy": _("Chưa thử: loa đang phát."),
    "quiet_hours": _("Loa không kêu: đang trong giờ yên lặng."),
    "no_player": _("Bộ phát âm thanh không chạy: loa không kêu được. Hãy khởi động lại."),
    "no_answer": _("Bộ phát âm thanh không trả lời. Hãy khởi động lại."),
    "device_lost": _("Không kêu được: mất card âm thanh hoặc loa."),
    "emergency": _("Chưa thử: đang có báo động khẩn cấp ở đây."),
    "ticket": _("Điểm phát vừa khởi động lại hay nhận lệnh khác. Hãy bấm lại."),
    "expired": _("Lệnh tới muộn nên không còn hiệu lực. Hãy bấm lại."),
    "rate": _("Điểm phát này đã bị thử quá nhiều lần trong một giờ."),
    "person": _("Chương trình ký từ chối: người bấm không có quyền ở đây."),
}
CLOCKS: Final[Words] = {
    "proved": _("giờ đã được chứng thực"),
    "synced": _("giờ đồng bộ mạng"),
    "held": _("giờ giữ từ lần đồng bộ trước"),
    "floor": _("giờ ước chừng"),
    "unknown": _("chưa biết giờ"),
}
PRESENCES: Final[Words] = {
    "online": _("Trực tuyến"),
    "late": _("Báo về trễ"),
    "offline": _("Mất kết nối"),
    "never": _("Chưa từng báo về"),
}
PROBLEMS: Final[Words] = {
    "no_clock": _("Đồng hồ chưa đáng tin, lịch hẹn giờ phải chờ"),
    "player": _("Bộ phát âm thanh không chạy"),
    "screen": _("Màn hình không chạy"),
    "card_full": _("Thẻ nhớ sắp đầy, còn lại (MB)"),
    "card_read_only": _("Thẻ nhớ không ghi được, cần thay"),
    "card_errors": _("Thẻ nhớ có lỗi, số lỗi"),
    "hot": _("Máy quá nóng (°C)"),
    "under_voltage": _("Nguồn điện yếu"),
    "wifi": _("Sóng Wi-Fi yếu (dBm)"),
    "memory_low": _("Bộ nhớ máy gần hết, còn lại (MB)"),
    "behind": _("Chưa áp dụng bản mới"),
    "media_missing": _("Số tệp chưa tải xong"),
    "clips_missing": _("Số câu báo động còn thiếu"),
    "backlog": _("Nhật ký chờ gửi, số dòng"),
}
WEEKDAYS: Final = (
    (1, _("Thứ hai"), _("T2")),
    (2, _("Thứ ba"), _("T3")),
    (3, _("Thứ tư"), _("T4")),
    (4, _("Thứ năm"), _("T5")),
    (5, _("Thứ sáu"), _("T6")),
    (6, _("Thứ bảy"), _("T7")),
    (7, _("Chủ nhật"), _("CN")),
)


def say(words: Words, code: str) -> str:
    """The words for a code; a code newer than this console is shown as it is."""
    return str(words[code]) if code in words else code


EXPLAINED: Final[dict[str, tuple[Promise, Promise]]] = {
    "level": (
        _("Mức độ"),
        _(
            "Thông thường: xã tự chọn phát hay không. Ưu tiên: bắt buộc đưa vào chương trình, phát"
            " trước tin thông thường. Khẩn cấp: hú còi, phát ngay, kể cả nửa đêm; phải có người"
            " duyệt và trực ban cùng ký."
        ),
    ),
    "evidence": (
        _("Bằng chứng"),
        _(
            "Máy biết chắc đến đâu là loa đã kêu: mới ra lệnh, đã giải mã đủ âm thanh, âm thanh đã"
            " ra tới card loa, hay micro đặt cạnh loa đã nghe thấy. Càng về sau càng chắc."
        ),
    ),
    "silent": (
        _("Chưa báo về"),
        _(
            "Điểm phát chưa cho biết gì, có thể vì mất mạng hay mất điện. Đó không phải là đã phát,"
            " cũng không phải là lỗi; khi có mạng lại, nó tự báo bù."
        ),
    ),
    "node": (
        _("Điểm phát, cụm loa"),
        _("Một máy nhỏ với loa và màn hình đặt ở nhà văn hóa ấp, sóc. Không có ai trực ở đó."),
    ),
    "quiet": (
        _("Giờ yên lặng"),
        _(
            "Những giờ loa không bao giờ kêu, trừ báo động khẩn cấp. Máy ở ấp tự giữ điều này, dù"
            " máy chủ có ra lệnh sai giờ."
        ),
    ),
    "slots": (
        _("Khung giờ, buổi phát"),
        _("Các buổi phát cố định trong ngày của điểm phát, ví dụ 05:00 và 17:00."),
    ),
    "approve": (
        _("Trình, duyệt"),
        _(
            "Người soạn trình; một người khác nghe, đọc rồi duyệt bằng mã trong điện thoại của"
            " mình. Không ai tự duyệt bản tin của mình. Lĩnh vực nhạy cảm cần hai người duyệt."
        ),
    ),
    "duty": (
        _("Trực ban"),
        _("Người ký thứ hai cho báo động khẩn cấp, bằng mã riêng của máy giữ khóa trực ban."),
    ),
    "inbox": (
        _("Hộp tin"),
        _(
            "Bản tin cấp trên gửi xuống, chờ xã nhận và chọn giờ. Tin ưu tiên quá hạn thì loa tự"
            " phát theo lịch của cấp trên."
        ),
    ),
    "stop": (
        _("Cho dừng phát, thu hồi"),
        _("Loa im ngay ở mọi nơi nhận bản tin đó, nơi chưa phát thì không phát nữa."),
    ),
    "hush": (
        _("Im loa cả địa bàn"),
        _(
            "Mọi loa ở một nơi im ngay, dù đang phát bản tin nào; bản tin viết sau đó vẫn phát."
            " Dùng khi chưa rõ loa đang nói gì và vì sao."
        ),
    ),
    "all_clear": (
        _("Báo yên"),
        _("Nguy hiểm đã qua: báo động dừng, màn hình hiện “Báo yên”."),
    ),
    "machine": (
        _("Giọng máy"),
        _("Giọng do máy đọc từ chữ. Người soạn phải nghe hết trước khi trình; trang nào cũng ghi."),
    ),
    "factor": (
        _("Mã xác nhận"),
        _("Sáu số hiện trong ứng dụng trên điện thoại của bạn, đổi mỗi 30 giây, dùng một lần."),
    ),
    "posting": (
        _("Niêm yết"),
        _("Giữ bản tin trên trang công khai đến hết một ngày, có ghi ai niêm yết, ai gỡ."),
    ),
    "card": (
        _("Thẻ, mã thẻ"),
        _(
            "Thẻ nhớ của điểm phát mang chìa khóa riêng. Mã hiện trên màn hình của thẻ mới giúp"
            " nhận đúng thẻ đó, không phải thẻ của người khác."
        ),
    ),
}
