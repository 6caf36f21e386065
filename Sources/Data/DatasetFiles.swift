public import FoundationEssentials

/// Where the files of a known data set were found.
public struct DatasetFiles: Sendable, Equatable {
  /// The files to learn from, in the order in which they are read; images before their labels.
  public let training: [URL]
  /// The files to measure on, likewise.
  public let test: [URL]

  /// All files with images or labels, the training files first. Files of class names are not among them.
  public var all: [URL] { training + test }
}
