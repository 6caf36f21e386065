public import PinionData

/// Images of one class.
public struct ClassSamples: Sendable, Equatable {
  /// The name of the class.
  public var name: String
  /// Images of it.
  public var images: [PixelImage]

  /// Images of a named class.
  public init(_ name: String, images: [PixelImage]) {
    self.name = name
    self.images = images
  }

  /// The first images of each class of a data set, in the order of the classes.
  ///
  /// - Parameter limit: How many a class at most. Default: 10, of more than 20 classes 1.
  public static func first(of dataset: ImageDataset, limit: Int? = nil) -> [ClassSamples] {
    let names = dataset.classNames ?? []
    let limit = limit ?? (names.count > 20 ? 1 : 10)
    var samples = names.map { ClassSamples($0, images: []) }
    for (index, label) in dataset.labels.enumerated() where samples[label].images.count < limit {
      samples[label].images.append(PixelImage(dataset, at: index))
    }
    return samples
  }
}
