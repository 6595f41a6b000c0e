/// What can go wrong with pictures and documents.
public enum MediaError: Error, Equatable {
    /// More than the form can hold.
    case tooLong
    /// The picture could not be written.
    case unwritable
}
