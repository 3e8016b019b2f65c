"""Why a file or a text cannot become a bulletin, in words a commune clerk understands.

Each sentence says what is wrong and what to do next. The code is for tests, logs and counters.
"""

from __future__ import annotations

from dataclasses import dataclass

# Each code has its Vietnamese and its English sentence.
SENTENCES: dict[str, tuple[str, str]] = {
    "empty": (
        "Tệp này trống, không có nội dung. Hãy chọn lại tệp.",
        "This file is empty. Choose the file again.",
    ),
    "too_large": (
        "Tệp nặng {size} MB, tối đa {limit} MB. Hãy chọn tệp ngắn hơn hoặc lưu ở dạng MP3.",
        "The file is {size} MB; the limit is {limit} MB. Choose a shorter one or save it as MP3.",
    ),
    "playlist": (
        (
            "Tệp này là danh sách liên kết tới nơi khác, không phải bản ghi âm. "
            "Hãy tải bản ghi âm về máy rồi gửi lên."
        ),
        "This file is a list of links, not a recording. Download the recording and upload it.",
    ),
    "not_audio": (
        (
            "Tệp này không phải bản ghi âm mà hệ thống đọc được. "
            "Hãy gửi tệp MP3, WAV, M4A, OGG, FLAC, AMR hoặc ghi âm ngay trên trang này."
        ),
        (
            "This file is not a recording we can read. "
            "Send MP3, WAV, M4A, OGG, FLAC or AMR, or record on this page."
        ),
    ),
    "no_sound": (
        "Tệp này có hình nhưng không có tiếng. Hãy chọn tệp có tiếng nói.",
        "This file has a picture but no sound. Choose one with a voice in it.",
    ),
    "truncated": (
        (
            "Bản ghi âm bị cắt: lẽ ra dài {declared}, chỉ đọc được {decoded}. "
            "Hãy chép hoặc tải lại tệp cho đủ."
        ),
        (
            "The recording is cut off: it should last {declared}, only {decoded} can be read. "
            "Copy or download the whole file again."
        ),
    ),
    "truncated_unknown": (
        "Bản ghi âm bị cắt mất phần cuối nên không mở được. Hãy chép hoặc tải lại tệp cho đủ.",
        "The end of the recording is missing, so it cannot be opened. Copy the whole file again.",
    ),
    "too_long": (
        "Bản ghi âm dài hơn {limit} phút. Hãy cắt ngắn hoặc chia thành nhiều bản tin.",
        "The recording is longer than {limit} minutes. Shorten it or make several bulletins.",
    ),
    "too_short": (
        "Bản ghi âm ngắn hơn một giây. Hãy ghi lại.",
        "The recording is shorter than a second. Record it again.",
    ),
    "silent": (
        (
            "Bản ghi âm không có tiếng nói, hoặc quá nhỏ. "
            "Hãy kiểm tra micro và ghi lại, nói gần micro hơn."
        ),
        (
            "The recording is silent or far too quiet. "
            "Check the microphone and record again, closer to it."
        ),
    ),
    "too_heavy": (
        "Tệp này làm máy chủ xử lý quá lâu hoặc quá nặng nên đã dừng. Hãy lưu lại ở dạng khác.",
        "This file took the server too long or too much memory. Save it in another format.",
    ),
    "not_picture": (
        "Tệp này không phải ảnh mà hệ thống đọc được. Hãy gửi ảnh JPEG, PNG hoặc WebP.",
        "This file is not a picture we can read. Send a JPEG, PNG or WebP picture.",
    ),
    "heic": (
        (
            "Ảnh HEIC của điện thoại iPhone chưa dùng được. Hãy lưu thành JPEG, "
            "hoặc chụp màn hình ảnh đó rồi gửi ảnh chụp."
        ),
        "An iPhone's HEIC picture cannot be used. Save it as JPEG, or send a screenshot of it.",
    ),
    "too_many_pixels": (
        (
            "Ảnh quá lớn: {width} × {height} điểm ảnh, tối đa {limit} triệu điểm. "
            "Hãy thu nhỏ ảnh rồi gửi lại."
        ),
        (
            "The picture is too large: {width} × {height} pixels; the limit is {limit} million. "
            "Make it smaller and send it again."
        ),
    ),
    "bomb": (
        "Ảnh này khi mở ra quá lớn (hơn {limit} triệu điểm ảnh). Hãy thu nhỏ ảnh rồi gửi lại.",
        "This picture unpacks to more than {limit} million pixels. Make it smaller.",
    ),
    "picture_too_heavy": (
        "Ảnh nặng {size} MB, tối đa {limit} MB. Hãy thu nhỏ ảnh rồi gửi lại.",
        "The picture is {size} MB; the limit is {limit} MB. Make it smaller and send it again.",
    ),
    "too_heavy_picture": (
        (
            "Ảnh này làm máy chủ xử lý quá lâu hoặc quá nặng nên đã dừng. "
            "Hãy lưu lại ở dạng JPEG rồi gửi lại."
        ),
        "This picture took the server too long or too much memory. Save it as JPEG and try again.",
    ),
    "damaged_picture": (
        "Ảnh bị hỏng hoặc bị cắt mất một phần. Hãy chép hoặc chụp lại.",
        "The picture is damaged or partly missing. Copy it again or take it again.",
    ),
    "no_text": (
        "Chưa có chữ nào để đọc. Hãy nhập nội dung bản tin.",
        "There is no text to read aloud. Type the bulletin's text.",
    ),
    "text_too_long": (
        "Văn bản dài {length} ký tự, máy chỉ đọc tối đa {limit}. Hãy rút gọn bản tin.",
        "The text is {length} characters; at most {limit} can be read aloud. Shorten it.",
    ),
    "record_it": (
        "Máy chưa đọc được {language}. Hãy ghi âm giọng người đọc ngay trên trang này.",
        "No machine voice speaks {language_en}. Record a person's voice on this page.",
    ),
    "voice_failed": (
        (
            "Máy không đọc được văn bản này. Hãy ghi âm giọng người đọc, "
            "hoặc báo kỹ thuật kiểm tra bộ đọc."
        ),
        "The machine voice failed on this text. Record a person's voice, or tell a technician.",
    ),
    "not_document": (
        "Tệp này không phải văn bản Word (.docx) hoặc PDF. Hãy chọn lại tệp.",
        "This file is neither a Word document (.docx) nor a PDF. Choose the file again.",
    ),
    "old_document": (
        "Tệp Word đời cũ (.doc). Hãy mở bằng Word, chọn Lưu thành, kiểu .docx, rồi gửi lại.",
        "This is an old Word file (.doc). Open it in Word, save it as .docx and send that.",
    ),
    "old_font": (
        (
            "Văn bản gõ bằng phông chữ cũ (.VnTime, VNI). Hãy dùng UniKey chuyển mã sang Unicode"
            " (Ctrl+Shift+F6), dán lại vào Word, lưu rồi gửi."
        ),
        (
            "The document is typed for old fonts (.VnTime, VNI). Convert it to Unicode with UniKey"
            " (Ctrl+Shift+F6), paste it back into Word, save and send it."
        ),
    ),
    "document_locked": (
        "Văn bản có mật khẩu. Hãy xin bản không khóa, hoặc mở ra chép chữ vào ô.",
        "The document has a password. Ask for an open one, or open it and copy its words.",
    ),
    "document_scanned": (
        "PDF này là ảnh chụp giấy, không có chữ để lấy. Hãy xin tệp Word gốc, hoặc gõ lại.",
        "This PDF is a picture of paper and holds no text. Ask for the Word file, or type it.",
    ),
    "document_empty": (
        "Văn bản này không có chữ nào. Hãy chọn tệp khác.",
        "There are no words in this document. Choose another file.",
    ),
    "document_entities": (
        "Văn bản có phần không an toàn nên không mở. Hãy mở bằng Word rồi lưu thành tệp .docx mới.",
        "The document holds an unsafe part and was not opened. Save it anew as .docx in Word.",
    ),
    "document_bomb": (
        "Văn bản này khi mở ra quá lớn nên đã dừng. Hãy chép phần cần đọc sang tệp mới rồi gửi.",
        "This document unpacks to too much and was stopped. Copy what is needed to a new file.",
    ),
    "document_too_heavy": (
        "Tệp nặng {size} MB, tối đa {limit} MB. Hãy bỏ bớt ảnh trong văn bản rồi gửi lại.",
        "The file is {size} MB; the limit is {limit} MB. Take pictures out of it and send it.",
    ),
    "document_too_long": (
        "Văn bản quá dài cho một bản tin. Hãy chép phần cần đọc sang một tệp mới rồi gửi.",
        "The document is too long for a bulletin. Copy the part to be read into a new file.",
    ),
    "damaged_document": (
        "Văn bản bị hỏng hoặc thiếu một phần. Hãy chép hoặc tải lại tệp.",
        "The document is damaged or partly missing. Copy or download it again.",
    ),
    "uncovered": (
        (
            "Màn hình không hiển thị được: {characters}. Hãy gõ lại bằng bàn phím Unicode "
            "hoặc bỏ các ký tự này."
        ),
        (
            "The screens cannot show: {characters}. Type them again with a Unicode keyboard "
            "or remove them."
        ),
    ),
    # Not refusals: said beside the player while the author listens.
    "clipping": (
        "Tiếng bị vỡ vì ghi quá to. Nên ghi lại, xa micro hơn.",
        "The recording is distorted: too loud. Better record again, farther from the microphone.",
    ),
    "much_silence": (
        "Có {percent} % thời gian im lặng. Nên nghe lại và ghi lại nếu thiếu lời.",
        "{percent} % of it is silence. Listen again; record again if words are missing.",
    ),
    "trailing_silence": (
        "Cuối bản ghi có {seconds} giây im lặng. Nên cắt bớt.",
        "It ends with {seconds} seconds of silence. Better cut them off.",
    ),
}


class MediaRefusedError(Exception):
    """What was given cannot be used; `vi` and `en` are shown to the person as they are."""

    def __init__(self, code: str, **values: object) -> None:
        self.code = code
        self.vi, self.en = (sentence.format(**values) for sentence in SENTENCES[code])
        super().__init__(f"{code}: {self.en}")


@dataclass(frozen=True, slots=True)
class Warned:
    """Usable, but the author should hear it again before submitting."""

    code: str
    vi: str
    en: str


def warn(code: str, **values: object) -> Warned:
    vi, en = (sentence.format(**values) for sentence in SENTENCES[code])
    return Warned(code, vi, en)


def minutes(seconds: float) -> str:
    """How a clerk reads a length: 4:07."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"
