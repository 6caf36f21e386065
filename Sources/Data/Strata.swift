/// How many samples of each class there are, and how many of these a stratified split validates on.
struct Strata {
  private let counts: [Int]
  private let names: [String]?

  init(_ labels: [Int], names: [String]?) {
    var counts = [Int](repeating: 0, count: (labels.max() ?? -1) + 1)
    for label in labels { counts[label] += 1 }
    self.counts = counts
    self.names = names
  }

  /// Of each class its part of `total`, rounded down or up, so that the sum is right; at least one and not all of it.
  ///
  /// Those with the largest remainders are rounded up, of equal ones the first.
  func validationCounts(total: Int) throws(DatasetError) -> [Int] {
    let classes = counts.indices.filter { counts[$0] > 0 }
    let samples = counts.reduce(0, +)
    if let rare = classes.first(where: { counts[$0] == 1 }) {
      let name = names.flatMap { $0.indices.contains(rare) ? " \"\($0[rare])\"" : nil } ?? ""
      throw DatasetError(
        place: "class \(rare)\(name) of a stratified split", expected: "a sample for each part",
        found: "1 sample")
    }
    guard total >= classes.count, samples - total >= classes.count else {
      throw DatasetError(
        place: "the stratified split of \(samples) samples",
        expected: "in each part one of each of \(classes.count) classes",
        found: "\(samples - total) samples for training, \(total) for validation")
    }
    var numbers = [Int](repeating: 0, count: counts.count)
    var remainders: [(class: Int, remainder: Int)] = []
    for c in classes {
      let (high, low) = counts[c].multipliedFullWidth(by: total)
      let (quotient, remainder) = samples.dividingFullWidth((high, low))
      numbers[c] = max(1, min(counts[c] - 1, quotient))
      remainders.append((c, remainder))
    }
    remainders.sort { ($1.remainder, $0.class) < ($0.remainder, $1.class) }
    var sum = numbers.reduce(0, +)
    while sum < total {
      for (c, _) in remainders where sum < total && numbers[c] < counts[c] - 1 {
        numbers[c] += 1
        sum += 1
      }
    }
    // Where small classes got more than their part.
    while sum > total {
      for (c, _) in remainders.reversed() where sum > total && numbers[c] > 1 {
        numbers[c] -= 1
        sum -= 1
      }
    }
    return numbers
  }
}
