public import FoundationEssentials

/// Where the four files of Fashion-MNIST were found.
public struct FashionMNISTFiles: Sendable, Equatable {
  /// The training images.
  public let trainImages: URL
  /// The training labels.
  public let trainLabels: URL
  /// The test images.
  public let testImages: URL
  /// The test labels.
  public let testLabels: URL

  /// All four, the training files first, images before labels.
  public var all: [URL] { [trainImages, trainLabels, testImages, testLabels] }
}
