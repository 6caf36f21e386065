public import PinionData
public import PinionTensor

extension ImageFolder {
  /// What a folder holds.
  public struct Contents: Sendable {
    /// The images with their classes.
    public let dataset: ImageDataset

    /// What looks like an image and could not be read, with the reasons.
    public let unreadable: [FileError]

    /// What is no image, and no part of the data.
    public let skipped: [SkippedFile]

    /// The classes without an image.
    public let emptyClasses: [String]
  }

  /// A file or a folder that is no part of the data.
  public struct SkippedFile: Sendable, Equatable, CustomStringConvertible {
    /// The path; bytes of it that are not UTF-8 as `\xE9`.
    public let file: String

    /// Why.
    public let reason: String

    /// One line that names both.
    public var description: String { "\(file): \(reason)" }
  }
}
