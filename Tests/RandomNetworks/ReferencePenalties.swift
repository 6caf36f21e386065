import PinionLayers

/// Penalties on parameters and on outputs of layers.
extension ReferenceNetwork {
  /// Adds the penalty on a layer's output: the mean over the samples.
  func penalize(_ values: [Number], by regularizer: (any Regularizer)?) {
    guard let regularizer = regularizer as? L1L2 else { return }
    outputPenalty += penalty(of: values, regularizer) / Double(batch)
    if regularizer.l1 > 0 { noteKinks(values) }
  }

  func addPenaltySlopes(
    of values: [Number], by regularizer: any Regularizer, to slopes: inout [Number]
  ) {
    guard let regularizer = regularizer as? L1L2 else { return }
    // An output that nothing but its penalty depends on.
    if slopes.isEmpty { slopes = values.map { _ in 0 } }
    for i in values.indices { slopes[i] += slope(of: values[i], regularizer) / Number(batch) }
  }

  /// The sum of the penalties on parameters.
  var parameterPenalty: Double {
    var sum = 0.0
    for (name, term) in regularizers.sorted(by: { $0.key < $1.key }) {
      let values = parameters[name] ?? []
      switch term.regularizer {
      case let regularizer as L1L2: sum += penalty(of: values, regularizer)
      case let regularizer as OrthogonalRegularizer:
        sum += angles(values, term.shape, regularizer).penalty
      default: fatalError("a reference of \(term.regularizer)")
      }
    }
    return sum
  }

  /// Adds the slopes of these to the gradients.
  func addParameterPenalties() {
    for (name, term) in regularizers {
      let values = parameters[name] ?? []
      var (slopes, sizes) = ([Number](), [Number]())
      switch term.regularizer {
      case let regularizer as L1L2:
        slopes = values.map { slope(of: $0, regularizer) }
        sizes = slopes.map(\.magnitude)
      case let regularizer as OrthogonalRegularizer:
        (_, slopes, sizes) = angles(values, term.shape, regularizer)
      default: fatalError("a reference of \(term.regularizer)")
      }
      for i in slopes.indices {
        gradients[name]?[i] += slopes[i]
        magnitudes[name]?[i] += sizes[i]
      }
    }
  }

  private func penalty(of values: [Number], _ regularizer: L1L2) -> Double {
    values.reduce(0.0) { sum, value in
      let x = Double(value)
      return sum + regularizer.l1 * abs(x) + regularizer.l2 * x * x
    }
  }

  private func slope(of value: Number, _ regularizer: L1L2) -> Number {
    let sign: Number = value > 0 ? 1 : value < 0 ? -1 : 0
    return Number(regularizer.l1) * sign + Number(2 * regularizer.l2) * value
  }

  /// factor · the mean of |cos| between two vectors of a matrix, its slopes, and Σ |terms| of
  /// these: those of a pair may cancel but for rounding.
  private func angles(
    _ values: [Number], _ shape: [Int], _ regularizer: OrthogonalRegularizer
  ) -> (penalty: Double, slopes: [Number], sizes: [Number]) {
    let columns = shape[shape.count - 1]
    let rows = values.count / columns
    let places =
      regularizer.mode == .rows
      ? (0..<rows).map { row in (0..<columns).map { row * columns + $0 } }
      : (0..<columns).map { column in (0..<rows).map { $0 * columns + column } }
    let pairs = places.count * (places.count - 1) / 2
    var (sum, slopes) = (Number(0), values.map { _ in Number(0) })
    var sizes = slopes
    func dot(_ a: [Int], _ b: [Int]) -> Number {
      zip(a, b).reduce(Number(0)) { $0 + values[$1.0] * values[$1.1] }
    }
    for (i, a) in places.enumerated() {
      for b in places[(i + 1)...] {
        let (first, second) = (dot(a, a).squareRoot(), dot(b, b).squareRoot())
        guard first > 0, second > 0 else { continue }
        let cosine = dot(a, b) / (first * second)
        sum += abs(cosine)
        let factor = Number(regularizer.factor) / Number(pairs) * (cosine < 0 ? -1 : 1)
        func add(_ place: Int, _ own: Number, _ other: Number, _ length: Number) {
          slopes[place] += factor * (other - cosine * own) / length
          sizes[place] += abs(factor) * (abs(other) + abs(cosine * own)) / length
        }
        for (k, l) in zip(a, b) {
          add(k, values[k] / first, values[l] / second, first)
          add(l, values[l] / second, values[k] / first, second)
        }
      }
    }
    return (pairs == 0 ? 0 : regularizer.factor * Double(sum) / Double(pairs), slopes, sizes)
  }
}
