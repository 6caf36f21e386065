public import PinionData
public import PinionTensor

/// An image with the class that it is of and the one that a network took it for.
public struct Prediction: Sendable, Equatable {
  /// The image.
  public var image: PixelImage
  /// The name of its class.
  public var actual: String
  /// The name of the predicted class.
  public var predicted: String
  /// The probability that the network gave to the predicted class, from 0 to 1.
  public var probability: Double

  /// A prediction.
  public init(image: PixelImage, actual: String, predicted: String, probability: Double) {
    self.image = image
    self.actual = actual
    self.predicted = predicted
    self.probability = probability
  }

  /// Whether the predicted class is the image's own.
  public var isRight: Bool { actual == predicted }

  /// The first images of a data set and what a network made of them.
  ///
  /// - Parameters:
  ///   - outputs: The network's probabilities for the data set, (N, C). Traps on another shape.
  ///   - limit: How many at most. Default: 15.
  public static func first(
    of dataset: ImageDataset, outputs: Tensor, limit: Int = 15
  ) -> [Prediction] {
    require(
      outputs.rank == 2 && outputs.shape[0] == dataset.count,
      "outputs of shape \(outputs.shape) for \(dataset.count) images")
    let names = dataset.classNames ?? []
    let classes = outputs.shape[1]
    let chosen = outputs.argmax(along: 1)
    return outputs.read { elements in
      (0..<min(max(0, limit), dataset.count)).map { index in
        let predicted = chosen[index]
        return Prediction(
          image: PixelImage(dataset, at: index), actual: names[dataset.labels[index]],
          predicted: predicted < names.count ? names[predicted] : "class \(predicted)",
          probability: Double(elements[index * classes + predicted]))
      }
    }
  }
}
