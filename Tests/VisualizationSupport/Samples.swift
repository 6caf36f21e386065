package import PinionData
package import PinionMetrics
package import PinionTensor

/// Synthetic data sets and results.
package enum Samples {
  package static let hostile =
    "<b>\"T&C's\"</b> \u{1} ‮漢字 an excessively long class name that must be truncated"

  package static let fashionNames = FashionMNIST.classNames

  package static func names(_ count: Int) -> [String] {
    let words = ["apple", "aquarium_fish", "baby", "lawn_mower", "pickup_truck", "sea", "worm"]
    return (0..<count).map { "\(words[$0 % words.count])_\($0)" }
  }

  /// `total` samples per class, most of them correct, the others in neighboring classes.
  package static func confusion(_ names: [String], total: Int = 1_000) throws -> ConfusionMatrix {
    var matrix = try ConfusionMatrix(classNames: names)
    for actual in names.indices {
      for sample in 0..<total {
        let isCorrect = (sample * 31 + actual * 17) % 100 < 60 + (actual * 37) % 39
        let other = (actual + 1 + (sample * sample + actual) % 7) % names.count
        try matrix.add(true: actual, predicted: isCorrect ? actual : other)
      }
    }
    return matrix
  }

  /// Images with a gradient that depends on the class.
  package static func images(
    classes names: [String], perClass: Int, shape: Shape
  ) throws -> ImageDataset {
    var pixels: [UInt8] = []
    var labels: [Int] = []
    for index in 0..<names.count * perClass {
      let label = index % names.count
      labels.append(label)
      for y in 0..<shape[0] {
        for x in 0..<shape[1] {
          for channel in 0..<shape[2] {
            let value = x * (label + 2) + y * (channel * 3 + 1) + index * 5 + label * 40
            pixels.append(UInt8(truncatingIfNeeded: value))
          }
        }
      }
    }
    return try ImageDataset(pixels: pixels, imageShape: shape, labels: labels, classNames: names)
  }

  /// Probabilities whose largest value is the true class in most cases.
  package static func outputs(for dataset: ImageDataset) -> Tensor {
    let classes = dataset.classNames?.count ?? 1
    let elements = dataset.labels.enumerated().flatMap { index, label -> [Float] in
      let chosen = index % 6 == 3 ? (label + 1) % classes : label
      return (0..<classes).map { $0 == chosen ? 0.75 : 0.25 / Float(classes) }
    }
    return Tensor(shape: [dataset.count, classes], elements: elements)
  }
}
