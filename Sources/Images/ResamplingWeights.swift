/// Which old pixels of an axis make each new one, and how much of each.
struct ResamplingWeights {
  /// For each new pixel the range of its entries in ``sources`` and ``weights``.
  private(set) var taps: [Range<Int>] = []
  private(set) var sources: [Int] = []
  private(set) var weights: [Float] = []

  /// Averages over areas if the axis shrinks, else lines between the centres of pixels.
  init(from old: Int, to new: Int) {
    for position in 0..<new {
      let start = sources.count
      if new < old {
        area(position, from: old, to: new)
      } else {
        line(position, from: old, to: new)
      }
      taps.append(start..<sources.count)
    }
  }

  /// New pixel i covers the old ones from i·old/new to (i + 1)·old/new. In units of 1/new all borders
  /// are whole numbers.
  private mutating func area(_ position: Int, from old: Int, to new: Int) {
    let (first, end) = (position * old, (position + 1) * old)
    for source in first / new...(end - 1) / new {
      let covered = min(end, (source + 1) * new) - max(first, source * new)
      sources.append(source)
      weights.append(Float(covered) / Float(old))
    }
  }

  /// The centre of new pixel i lies at (i + ½)·old/new − ½; beyond the outer centres the outer pixels go on.
  private mutating func line(_ position: Int, from old: Int, to new: Int) {
    let center = (Double(2 * position + 1) * Double(old) / Double(new) - 1) / 2
    let left = Int(center.rounded(.down))
    let fraction = Float(center - Double(left))
    for (source, weight) in [(left, 1 - fraction), (left + 1, fraction)] where weight > 0 {
      sources.append(min(old - 1, max(0, source)))
      weights.append(weight)
    }
  }
}
