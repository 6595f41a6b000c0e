/// The groups of the storage breakdown (requirements/1, `GET /api/user/storage`).
public enum FileCategory: Int64, Sendable, CaseIterable {
    case images = 0, videos = 1, documents = 2, spreadsheets = 3, other = 4

    public init(mediaType: String?) {
        guard let type = mediaType else {
            self = .other
            return
        }
        if type.hasPrefix("image/") {
            self = .images
        } else if type.hasPrefix("video/") {
            self = .videos
        } else if type == "application/vnd.ms-excel"
            || type.hasPrefix("application/vnd.openxmlformats") && type.contains("sheet")
        {
            self = .spreadsheets
        } else if type == "application/pdf" || type == "application/msword" || type.hasPrefix("text/")
            || type.hasPrefix("application/vnd.openxmlformats") && type.contains("wordprocessing")
        {
            self = .documents
        } else {
            self = .other
        }
    }
}
