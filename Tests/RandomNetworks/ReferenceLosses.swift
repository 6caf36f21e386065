import Glibc
import PinionLayers

/// Losses and their gradients with respect to the outputs of the last node.
extension ReferenceNetwork {
  var endsWithSoftmax: Bool {
    graph.layers[graph.layers.count - 1].layer.trailingActivation is Softmax
  }

  /// Whether the loss is a cross-entropy of probabilities.
  var isFromProbabilities: Bool {
    switch network.loss {
    case let loss as CategoricalCrossEntropy: !loss.fromLogits
    case let loss as SparseCategoricalCrossEntropy: !loss.fromLogits
    default: false
    }
  }

  /// Stores the mean loss and returns its gradient, with respect to the softmax's arguments if
  /// `fromLogits`.
  func evaluate(_ targets: [Number], fromLogits: Bool) -> [Number] {
    let last = values.count - 1
    let width = shapes[last][shapes[last].count - 1]
    let rows = Number(outputs.count / width)
    switch network.loss {
    case is MeanSquaredError:
      let differences = zip(outputs, targets).map { $0 - $1 }
      loss = differences.map { Double($0) * Double($0) }.reduce(0, +) / Double(outputs.count)
      return differences.map { 2 * $0 / Number(outputs.count) }
    case let loss as CategoricalCrossEntropy:
      let smoothing = Number(loss.labelSmoothing)
      let smoothed = targets.map { $0 * (1 - smoothing) + smoothing / Number(width) }
      return fromLogits || loss.fromLogits
        ? logitsLoss(fromLogits, smoothed, width, rows)
        : probabilityLoss(smoothed, width, rows, cutsFirst: false)
    default:
      var oneHot = [Number](repeating: 0, count: outputs.count)
      for (row, label) in targets.enumerated() { oneHot[row * width + Int(label)] = 1 }
      let isLogits = (network.loss as? SparseCategoricalCrossEntropy)?.fromLogits ?? false
      return fromLogits || isLogits
        ? logitsLoss(fromLogits, oneHot, width, rows)
        : probabilityLoss(oneHot, width, rows, cutsFirst: true)
    }
  }

  private func logitsLoss(
    _ isArgument: Bool, _ targets: [Number], _ width: Int, _ rows: Number
  ) -> [Number] {
    let logits = isArgument ? traces[traces.count - 1].argument : outputs
    let probabilities = softmax(logits, width: width)
    var sum = 0.0
    var gradient = probabilities
    for row in stride(from: 0, to: logits.count, by: width) {
      let range = row..<row + width
      let largest = Double(logits[range].max() ?? 0)
      let total = log(range.reduce(0.0) { $0 + exp(Double(logits[$1]) - largest) }) + largest
      var weight: Number = 0
      for i in range {
        sum += Double(targets[i]) * (total - Double(logits[i]))
        weight += targets[i]
      }
      for i in range { gradient[i] = (probabilities[i] * weight - targets[i]) / rows }
    }
    loss = sum / Double(rows)
    return gradient
  }

  /// −Σ y·log q, where q = p/Σp is clipped to [10⁻⁷, 1 − 10⁻⁷] before or after the division.
  private func probabilityLoss(
    _ targets: [Number], _ width: Int, _ rows: Number, cutsFirst: Bool
  ) -> [Number] {
    let (low, high) = (Number(1e-7), 1 - Number(1e-7))
    var sumOfLosses = 0.0
    var gradient = outputs
    for row in stride(from: 0, to: outputs.count, by: width) {
      let range = row..<row + width
      func cut(_ value: Number) -> Number { min(max(value, low), high) }
      let sum = range.reduce(Number(0)) { $0 + (cutsFirst ? cut(outputs[$1]) : outputs[$1]) }
      func isInside(_ i: Int) -> Bool {
        let value = cutsFirst ? outputs[i] : outputs[i] / sum
        return value >= low && value <= high
      }
      // Σ y over the elements through which the sum depends on the outputs.
      var reached: Number = 0
      for i in range {
        let q = cutsFirst ? cut(outputs[i]) / sum : cut(outputs[i] / sum)
        sumOfLosses -= Double(targets[i]) * log(Double(q))
        if cutsFirst || isInside(i) { reached += targets[i] }
      }
      for i in range {
        let own = isInside(i) && targets[i] != 0 ? targets[i] / outputs[i] : 0
        let common = cutsFirst && !isInside(i) ? 0 : reached / sum
        gradient[i] = (common - own) / rows
      }
    }
    loss = sumOfLosses / Double(rows)
    return gradient
  }
}
