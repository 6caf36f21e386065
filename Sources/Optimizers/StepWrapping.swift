internal import PinionTensor

/// The effect of an optimizer's wrappers in a step, on a range of the flat buffer.
struct StepWrapping {
  /// Whether the optimizer updates the parameters in this step; otherwise their gradients are only
  /// added up.
  var isUpdate = true
  var accumulation: Accumulation?
  var lookahead: Lookahead?
  var average: Average?

  struct Accumulation {
    let sum: MemoryView<Float>
    let steps: Float
  }

  struct Lookahead {
    let slow: MemoryView<Float>
    let isFirst: Bool
    let isSynchronization: Bool
    let slowStep: Float
  }

  struct Average {
    let values: MemoryView<Float>
    let momentum: Float
    let overwrites: Bool
  }

  /// s ← s + g.
  func accumulate(_ range: Range<Int>, _ gradients: MemoryView<Float>) {
    guard let accumulation else { return }
    let (s, g) = (accumulation.sum[range].base, gradients.base)
    for i in 0..<gradients.count { s[i] += g[i] }
  }

  /// g ← (g + s) / k, s ← 0.
  func gather(_ range: Range<Int>, _ gradients: MemoryView<Float>) {
    guard let accumulation else { return }
    let (s, g, k) = (accumulation.sum[range].base, gradients.base, accumulation.steps)
    for i in 0..<gradients.count {
      g[i] = (g[i] + s[i]) / k
      s[i] = 0
    }
  }

  /// The first slow weights are the weights before the decay of the first step.
  func begin(_ range: Range<Int>, _ parameters: MemoryView<Float>) {
    guard let lookahead, lookahead.isFirst else { return }
    lookahead.slow[range].copy(from: parameters)
  }

  func end(_ range: Range<Int>, _ parameters: MemoryView<Float>) {
    let (w, count) = (parameters.base, parameters.count)
    if let lookahead, lookahead.isSynchronization {
      let (slow, step) = (lookahead.slow[range].base, lookahead.slowStep)
      for i in 0..<count {
        let value = slow[i] + step * (w[i] - slow[i])
        slow[i] = value
        w[i] = value
      }
    }
    guard let average else { return }
    let (a, momentum) = (average.values[range].base, average.momentum)
    let rest = 1 - momentum
    for i in 0..<count { a[i] = momentum * a[i] + rest * w[i] }
    if average.overwrites { parameters.copy(from: average.values[range]) }
  }

  func areFinite(_ range: Range<Int>) -> Bool {
    (accumulation?.sum[range].areFinite ?? true) && (lookahead?.slow[range].areFinite ?? true)
      && (average?.values[range].areFinite ?? true)
  }
}
