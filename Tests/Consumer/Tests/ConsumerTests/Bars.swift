import Pinion

/// Noisy images of 12 × 12 pixels, each with a horizontal, vertical or diagonal bar.
enum Bars {
  static let classNames = ["horizontal", "vertical", "diagonal"]

  /// Samples with alternating classes; other seeds give other samples.
  static func dataset(
    _ count: Int, seed: UInt64, encoding: LabelEncoding = .index
  ) throws -> ArrayDataset {
    let random = RandomStream(seed: seed, purpose: "bars")
    var images = Tensor.uniform(shape: [count, 12, 12, 1], from: random.substream(0))
    let labels = (0..<count).map { $0 % 3 }
    for (image, label) in labels.enumerated() {
      let place = Int(random.substream(1).bits(at: UInt64(image))[0] % 12)
      for pixel in 0..<12 {
        switch label {
        case 0: images[image, place, pixel, 0] += 0.8
        case 1: images[image, pixel, place, 0] += 0.8
        default: images[image, pixel, (pixel + place) % 12, 0] += 0.8
        }
      }
    }
    return try ArrayDataset(
      inputs: images, labels: labels, classes: 3, classNames: classNames, encoding: encoding)
  }

  /// A small convolutional network for these images.
  static func network() throws -> Sequential {
    try Sequential(input: [12, 12, 1]) {
      Conv2D(8, kernel: 3, padding: .same, activation: .relu)
      MaxPool2D()
      Conv2D(16, kernel: 3, padding: .same, activation: .relu)
      MaxPool2D()
      Dropout(0.2)
      Flatten()
      Dense(3, activation: .softmax)
    }
  }
}
