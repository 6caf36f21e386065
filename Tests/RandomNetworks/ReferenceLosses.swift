import Glibc
import PinionLayers

/// Losses and their gradients with respect to the outputs of the last node, or to the argument of
/// its activation.
extension ReferenceNetwork {
  /// Stores the total loss and returns its gradient with respect to each output.
  func evaluate(_ targets: [[Number]]) -> [[Number]] {
    var total = outputPenalty + parameterPenalty
    let gradients = targets.enumerated().map { index, targets in
      output = index
      let objective = network.objectives[index]
      let gradient = evaluate(objective.loss, targets)
      total += objective.weight * loss
      return gradient.map { $0 * Number(objective.weight) }
    }
    loss = total
    return gradients
  }

  /// Stores the loss of an output and returns its gradient.
  private func evaluate(_ function: any Loss, _ targets: [Number]) -> [Number] {
    guard let summed = function as? SummedLoss else { return mean(function, targets) }
    let gradient = mean(summed.base, targets)
    // The mean is over samples and positions.
    let rows = outputs.count / width
    loss *= Double(rows)
    return gradient.map { $0 * Number(rows) }
  }

  private func mean(_ function: any Loss, _ targets: [Number]) -> [Number] {
    let width = width
    let rows = Number(outputs.count / width)
    let fromLogits = startsAtLogits || function.takesLogits
    switch function {
    case let loss as CategoricalCrossEntropy:
      let smoothing = Number(loss.labelSmoothing)
      let smoothed = targets.map { $0 * (1 - smoothing) + smoothing / Number(width) }
      return fromLogits
        ? logitsLoss(smoothed, width, rows)
        : probabilityLoss(smoothed, width, rows, cutsFirst: false)
    case is SparseCategoricalCrossEntropy:
      var oneHot = [Number](repeating: 0, count: outputs.count)
      for (row, label) in targets.enumerated() { oneHot[row * width + Int(label)] = 1 }
      return fromLogits
        ? logitsLoss(oneHot, width, rows)
        : probabilityLoss(oneHot, width, rows, cutsFirst: true)
    case is KLDivergence:
      let raised = targets.map { min(max($0, 1e-7), 1) }
      let gradient = logitsLoss(raised, width, rows)
      loss += raised.reduce(0.0) { $0 + Double($1) * log(Double($1)) } / Double(rows)
      return gradient
    case let loss as BinaryCrossEntropy:
      let smoothing = Number(loss.labelSmoothing)
      return elementwise(
        startsAtLogits ? lastArgument : outputs,
        targets.map { $0 * (1 - smoothing) + smoothing / 2 }
      ) { z, y in
        (max(z, 0) - z * y + log1p(exp(-abs(z))), 1 / (1 + exp(-z)) - y)
      }
    case let loss as CategoricalFocalCrossEntropy:
      return focalLoss(loss, targets, width, rows, fromLogits: fromLogits)
    case let loss as BinaryFocalCrossEntropy:
      let smoothing = Number(loss.labelSmoothing)
      return elementwise(
        startsAtLogits ? lastArgument : outputs,
        targets.map { $0 * (1 - smoothing) + smoothing / 2 }
      ) { z, y in
        let (yes, no) = (1 / (1 + exp(-z)), 1 / (1 + exp(z)))
        let (entropy, miss) = (
          max(z, 0) - z * y + log1p(exp(-abs(z))), y * no + (1 - y) * yes
        )
        let weight = loss.applyClassBalancing ? y * loss.alpha + (1 - y) * (1 - loss.alpha) : 1
        let (factor, gamma) = (weight * pow(miss, loss.gamma), loss.gamma)
        let change = weight * gamma * pow(miss, gamma - 1) * (1 - 2 * y) * yes * no
        return (factor * entropy, factor * (yes - y) + change * entropy)
      }
    case let loss as Distillation: return taught(loss, targets, width, rows)
    case is CosineSimilarity: return angles(targets, width, rows)
    case is CategoricalHinge: return categoricalHinge(targets, width, rows)
    default: return elementwise(outputs, targets, curve(function))
    }
  }

  /// The mean of a function of an output and its target.
  private func elementwise(
    _ outputs: [Number], _ targets: [Number],
    _ function: (_ output: Double, _ target: Double) -> (value: Double, slope: Double)
  ) -> [Number] {
    let count = Double(outputs.count)
    let results = zip(outputs, targets).map { function(Double($0), Double($1)) }
    loss = results.map(\.value).compensatedSum / count
    return results.map { Number($0.slope / count) }
  }

  private func curve(_ loss: any Loss) -> (Double, Double) -> (value: Double, slope: Double) {
    switch loss {
    case is MeanSquaredError: return { (($0 - $1) * ($0 - $1), 2 * ($0 - $1)) }
    case is MeanAbsoluteError: return { (abs($0 - $1), $0 > $1 ? 1 : $0 < $1 ? -1 : 0) }
    case is MeanAbsolutePercentageError:
      return { output, target in
        let factor = 100 / max(abs(target), 1e-7)
        return (factor * abs(output - target), output > target ? factor : -factor)
      }
    case let loss as Huber:
      return { output, target in
        let (d, limit) = (output - target, loss.delta)
        return abs(d) <= limit
          ? (d * d / 2, d) : (limit * (abs(d) - limit / 2), d > 0 ? limit : -limit)
      }
    case is LogCosh:
      return {
        let d = abs($0 - $1)
        return (d + log1p(exp(-2 * d)) - log(2), tanh($0 - $1))
      }
    case is MeanSquaredLogarithmicError:
      return { output, target in
        let d = log(1 + max(output, 1e-7)) - log(1 + max(target, 1e-7))
        return (d * d, output >= 1e-7 ? 2 * d / (1 + output) : 0)
      }
    case is Poisson: return { ($0 - $1 * log($0 + 1e-7), 1 - $1 / ($0 + 1e-7)) }
    case is Hinge: return { (max(1 - $1 * $0, 0), 1 - $1 * $0 >= 0 ? -$1 : 0) }
    case is SquaredHinge:
      return {
        let margin = max(1 - $1 * $0, 0)
        return (margin * margin, -2 * $1 * margin)
      }
    default: fatalError("a reference of \(loss)")
    }
  }

  /// Notes how far losses with kinks are from these.
  func noteKinks(targets: [Number]) {
    let function = network.objectives[output].loss
    switch (function as? SummedLoss)?.base ?? function {
    case is MeanAbsoluteError, is MeanAbsolutePercentageError:
      noteKinks(zip(outputs, targets).map { $0 - $1 })
    case is Hinge: noteKinks(zip(outputs, targets).map { 1 - $0 * $1 })
    default: break
    }
  }

  /// α·T²·Σ p·log(p/q) − (1 − α)·log softmax(z)[class], with p and q the softmax of the teacher's
  /// and the student's logits over T.
  private func taught(
    _ function: Distillation, _ targets: [Number], _ width: Int, _ rows: Number
  ) -> [Number] {
    let (alpha, heat) = (Number(function.alpha), Number(function.temperature))
    let areLogits = startsAtLogits || function.fromLogits
    let z = (startsAtLogits ? lastArgument : outputs).map {
      areLogits ? $0 : Number(log(Double(max($0, 1e-7))))
    }
    var logits: [Number] = []
    var own: [Number] = []
    for row in 0..<z.count / width {
      let start = row * (1 + width)
      logits += targets[start + 1..<start + 1 + width]
      own += (0..<width).map { $0 == Int(targets[start]) ? 1 : 0 }
    }
    let (p, q) = (
      softmax(logits.map { $0 / heat }, width: width), softmax(z.map { $0 / heat }, width: width)
    )
    let sharp = softmax(z, width: width)
    loss =
      z.indices.map { i in
        let divergence = Double(p[i]) * log(Double(p[i]) / Double(q[i]))
        let entropy = own[i] == 0 ? 0 : -log(Double(sharp[i]))
        return Double(alpha * heat * heat) * divergence + Double(1 - alpha) * entropy
      }.compensatedSum / Double(rows)
    return z.indices.map { i in
      let slope = alpha * heat * (q[i] - p[i]) + (1 - alpha) * (sharp[i] - own[i])
      let inner: Number = areLogits ? 1 : outputs[i] >= 1e-7 ? 1 / outputs[i] : 0
      return slope * inner / rows
    }
  }

  /// −cos of the angle between rows of outputs and of targets.
  private func angles(_ targets: [Number], _ width: Int, _ rows: Number) -> [Number] {
    var gradient = outputs
    loss = 0
    for row in stride(from: 0, to: outputs.count, by: width) {
      let range = row..<row + width
      func norm(_ values: [Number]) -> Number {
        max(range.reduce(Number(0)) { $0 + values[$1] * values[$1] }.squareRoot(), 1e-7)
      }
      let (own, other) = (norm(outputs), norm(targets))
      let cosine = range.reduce(Number(0)) { $0 + outputs[$1] / own * (targets[$1] / other) }
      loss -= Double(cosine / rows)
      // A norm that is raised is a constant.
      let radial = own > 1e-7 ? cosine : 0
      for i in range {
        gradient[i] = -(targets[i] / other - radial * (outputs[i] / own)) / own / rows
      }
    }
    return gradient
  }

  /// max(1 + max (1 − y)·ŷ − Σ y·ŷ, 0), in whose inner maximum equal values share the gradient.
  private func categoricalHinge(_ targets: [Number], _ width: Int, _ rows: Number) -> [Number] {
    var gradient = outputs
    loss = 0
    for row in stride(from: 0, to: outputs.count, by: width) {
      let range = row..<row + width
      let others = range.map { (1 - targets[$0]) * outputs[$0] }
      let (top, own) = (
        others.max() ?? 0, range.reduce(Number(0)) { $0 + targets[$1] * outputs[$1] }
      )
      let margin = 1 + top - own
      loss += Double(max(margin, 0) / rows)
      let equal = Number(others.count { $0 == top })
      for (other, i) in zip(others, range) {
        let slope = (other == top ? (1 - targets[i]) / equal : 0) - targets[i]
        gradient[i] = margin >= 0 ? slope / rows : 0
      }
    }
    return gradient
  }

  /// −α·Σ (1 − p)^γ·y·log p, of logits or of probabilities, which are divided by their sum and
  /// clipped.
  private func focalLoss(
    _ function: CategoricalFocalCrossEntropy, _ targets: [Number], _ width: Int, _ rows: Number,
    fromLogits: Bool
  ) -> [Number] {
    let (alpha, gamma, smoothing) = (function.alpha, function.gamma, function.labelSmoothing)
    let own = fromLogits ? softmax(startsAtLogits ? lastArgument : outputs, width: width) : outputs
    var losses: [Double] = []
    var gradient = own
    for row in stride(from: 0, to: own.count, by: width) {
      let range = row..<row + width
      let sum = range.reduce(0.0) { $0 + Double(own[$1]) }
      // The slopes with respect to p = own/sum; Σ slope·p is what a change of the sum takes.
      var slopes: [Double] = []
      var common = 0.0
      for i in range {
        let p = Double(own[i]) / sum
        let q = fromLogits ? p : min(max(p, 1e-7), 1 - 1e-7)
        let y = Double(targets[i]) * (1 - smoothing) + smoothing / Double(width)
        losses.append(-alpha * y * pow(1 - q, gamma) * log(q))
        let slope = gamma * pow(1 - q, gamma - 1) * log(q) - pow(1 - q, gamma) / q
        slopes.append(p == q ? alpha * y * slope : 0)
        common += (slopes.last ?? 0) * p
      }
      for (slope, i) in zip(slopes, range) {
        let change = (slope - common) * (fromLogits ? Double(own[i]) / sum : 1 / sum)
        gradient[i] = Number(change / Double(rows))
      }
    }
    loss = losses.compensatedSum / Double(rows)
    return gradient
  }

  private func logitsLoss(_ targets: [Number], _ width: Int, _ rows: Number) -> [Number] {
    let logits = startsAtLogits ? lastArgument : outputs
    let probabilities = softmax(logits, width: width)
    var losses: [Double] = []
    var gradient = probabilities
    for row in stride(from: 0, to: logits.count, by: width) {
      let range = row..<row + width
      let largest = Double(logits[range].max() ?? 0)
      let total = log(range.reduce(0.0) { $0 + exp(Double(logits[$1]) - largest) }) + largest
      var weight: Number = 0
      for i in range {
        losses.append(Double(targets[i]) * (total - Double(logits[i])))
        weight += targets[i]
      }
      for i in range { gradient[i] = (probabilities[i] * weight - targets[i]) / rows }
    }
    loss = losses.compensatedSum / Double(rows)
    return gradient
  }

  /// −Σ y·log q, where q = p/Σp is clipped to [10⁻⁷, 1 − 10⁻⁷] before or after the division.
  private func probabilityLoss(
    _ targets: [Number], _ width: Int, _ rows: Number, cutsFirst: Bool
  ) -> [Number] {
    let (low, high) = (Number(1e-7), 1 - Number(1e-7))
    var losses: [Double] = []
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
        losses.append(-Double(targets[i]) * log(Double(q)))
        if cutsFirst || isInside(i) { reached += targets[i] }
      }
      for i in range {
        let own = isInside(i) && targets[i] != 0 ? targets[i] / outputs[i] : 0
        let common = cutsFirst && !isInside(i) ? 0 : reached / sum
        gradient[i] = (common - own) / rows
      }
    }
    loss = losses.compensatedSum / Double(rows)
    return gradient
  }
}

extension Array where Element == Double {
  /// The sum without the roundings of its parts (Neumaier 1974): the loss of thousands of rows is
  /// compared with that a tiny step away.
  fileprivate var compensatedSum: Double {
    var (sum, rest) = (0.0, 0.0)
    for term in self {
      let next = sum + term
      rest += abs(sum) >= abs(term) ? (sum - next) + term : (term - next) + sum
      sum = next
    }
    return sum + rest
  }
}
