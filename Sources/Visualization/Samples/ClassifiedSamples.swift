package import PinionData
package import PinionMetrics
package import PinionTensor

/// The true and predicted classes of a data set's samples.
package struct ClassifiedSamples {
  package let names: [String]
  let labels: [Int]
  let predicted: [Int]
  /// The probability of each predicted class.
  let probabilities: [Double]

  /// With an allowance for rounding.
  private static let probabilityRange = -0.001...1.001

  /// - Parameters:
  ///   - dataset: Targets are class indices of shape (1), or one value per class of shape (C), of
  ///     which the largest counts.
  ///   - outputs: Probabilities of shape (N, C), or (N, 1) for the probability of the second of two
  ///     classes.
  ///   - names: Class names; nil for class indices.
  ///
  /// - Throws: `ArgumentError` if the sizes of outputs, targets and names differ, if a target is
  ///   not a class, or if the largest value of an output is not a probability, as of logits.
  package init(
    _ dataset: any Dataset, outputs: Tensor, names: [String]?
  ) throws {
    let columns = outputs.rank == 2 ? outputs.shape[1] : 0
    let isBinary = columns == 1 && names?.count != 1
    let classes = isBinary ? 2 : columns
    let expected = names?.count ?? max(1, classes)
    guard outputs.rank == 2, outputs.shape[0] == dataset.count, classes == expected else {
      throw ArgumentError(
        place: "outputs", expected: "(\(dataset.count), \(expected))",
        found: "\(outputs.shape)")
    }
    let size = dataset.targetShape.elementCount
    guard size == 1 || size == classes else {
      throw ArgumentError(
        place: "targets", expected: "class indices of shape (1), or \(classes) values per sample",
        found: "shape \(dataset.targetShape)")
    }
    self.names = names?.numberedWhereEqual ?? (0..<classes).map { String($0) }
    let buffer = AlignedBuffer(count: max(1, size))
    let target = buffer.view[0..<size]
    var labels: [Int] = []
    for index in 0..<dataset.count {
      try dataset.copyTarget(at: index, into: target)
      let label =
        size == 1
        ? Int(exactly: target[0]) : target.argmax().flatMap { target[$0].isNaN ? nil : $0 }
      guard let label, (0..<classes).contains(label) else {
        throw ArgumentError(
          place: "target \(index)", expected: "a class in 0...\(classes - 1)",
          found: "\(target[0])")
      }
      labels.append(label)
    }
    self.labels = labels
    let chosen = outputs.read { elements in
      (0..<labels.count).map { index -> (Int, Double)? in
        if isBinary {
          let fraction = Double(elements[index])
          return fraction.isNaN ? nil : fraction > 0.5 ? (1, fraction) : (0, 1 - fraction)
        }
        let row = elements[index * classes..<(index + 1) * classes]
        return row.argmax().flatMap { row[$0].isNaN ? nil : ($0, Double(row[$0])) }
      }
    }
    // The threshold of a single output and the percentages on pages are those of probabilities.
    for (index, choice) in chosen.enumerated() {
      guard let choice, Self.probabilityRange.contains(choice.1) else {
        throw ArgumentError(
          place: "output \(index)",
          expected: "probabilities from 0 to 1, as after a softmax or a sigmoid",
          found: choice.map { "\(Float(isBinary && $0.0 == 0 ? 1 - $0.1 : $0.1))" } ?? "nan")
      }
    }
    predicted = chosen.map { $0?.0 ?? 0 }
    probabilities = chosen.map { $0?.1 ?? .nan }
  }

  package func confusion() throws(ArgumentError) -> ConfusionMatrix {
    var matrix = try ConfusionMatrix(classNames: names)
    for (label, predicted) in zip(labels, predicted) {
      try matrix.add(true: label, predicted: predicted)
    }
    return matrix
  }

  /// Indices of incorrect predictions in descending order of probability; ties in the order of the
  /// data set.
  package func mostConfidentMistakes(_ limit: Int) -> [Int] {
    let wrong = labels.indices.filter { labels[$0] != predicted[$0] && !probabilities[$0].isNaN }
    let sorted = wrong.sorted { (-probabilities[$0], $0) < (-probabilities[$1], $1) }
    return Array(sorted.prefix(max(0, limit)))
  }

  /// Indices of the first samples by class: 10 per class for up to 20 classes, 1 for more, and only
  /// of the first 200 classes.
  package func firstOfEachClass() -> [[Int]] {
    let limit = names.count > 20 ? 1 : 10
    var samples = [[Int]](repeating: [], count: min(200, names.count))
    for (index, label) in labels.enumerated()
    where label < samples.count && samples[label].count < limit {
      samples[label].append(index)
    }
    return samples
  }

  package func prediction(_ index: Int, _ image: PixelImage) -> Prediction {
    Prediction(
      image: image, actual: names[labels[index]], predicted: names[predicted[index]],
      probability: probabilities[index])
  }
}
