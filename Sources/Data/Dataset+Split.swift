internal import PinionTensor

extension Dataset {
  /// The data set in two parts: ⌊n·(1 − f)⌋ samples for training, the others for validation.
  ///
  /// ```swift
  /// let (training, validation) =
  ///   try images.split(validation: 0.2, selecting: .stratified(seed: 1))
  /// ```
  /// By default the last samples are for validation, as Keras 3's `validation_split`. If data
  /// sorted by class leave a class in one part only, a warning says so (``LogMessage``). Parts that
  /// are shuffled or stratified are in random order.
  ///
  /// - Parameters:
  ///   - fraction: f, the part for validation.
  ///   - selection: Which samples are for validation. Default: the last.
  ///
  /// Throws `ArgumentError` unless 0 < f < 1 and neither part is empty; for a stratified split also
  /// unless targets are class indices or one-hot, every class has two samples and both parts have
  /// room for all classes. Throws ``SampleError`` if a target to stratify by cannot be read.
  public func split(
    validation fraction: Double, selecting selection: SplitSelection = .last
  ) throws -> (training: DatasetSubset, validation: DatasetSubset) {
    guard fraction > 0, fraction < 1 else {
      throw ArgumentError(
        place: "the validation fraction", expected: "a number between 0 and 1, both excluded",
        found: "\(fraction)")
    }
    let boundary = Int((Double(count) * (1 - fraction)).rounded(.down))
    guard boundary > 0, boundary < count else {
      throw ArgumentError(
        place: "the split of \(count) samples by the validation fraction \(fraction)",
        expected: "at least one sample in each part",
        found: "\(boundary) for training, \(count - boundary) for validation")
    }
    switch selection {
    case .last:
      if let notice = lackingClasses(boundary: boundary) { Log.warn(notice) }
      return (
        DatasetSubset(of: self, SampleSelection(0..<boundary)),
        DatasetSubset(of: self, SampleSelection(boundary..<count))
      )
    case .shuffled(let seed):
      let order = splitOrder(seed)
      return (
        DatasetSubset(of: self, SampleSelection(Array(order[..<boundary]))),
        DatasetSubset(of: self, SampleSelection(Array(order[boundary...])))
      )
    case .stratified(let seed):
      return try stratified(validating: count - boundary, seed: seed)
    }
  }

  /// All samples in a random order, a function of the seed alone.
  public func shuffled(seed: UInt64 = 0) -> DatasetSubset {
    DatasetSubset(of: self, SampleSelection(splitOrder(seed)))
  }

  private func splitOrder(_ seed: UInt64) -> [Int] {
    RandomStream(seed: seed, purpose: "split").permutation(of: count)
  }

  private func stratified(
    validating number: Int, seed: UInt64
  ) throws -> (training: DatasetSubset, validation: DatasetSubset) {
    guard let labels = try classLabels() else {
      throw ArgumentError(
        place: "the targets to stratify by", expected: "class indices or one-hot vectors",
        found: "others of shape \(targetShape)")
    }
    var left = try Strata(labels, names: classNames).validationCounts(total: number)
    var (training, validation): ([Int], [Int]) = ([], [])
    for index in splitOrder(seed) {
      if left[labels[index]] > 0 {
        left[labels[index]] -= 1
        validation.append(index)
      } else {
        training.append(index)
      }
    }
    return (
      DatasetSubset(of: self, SampleSelection(training)),
      DatasetSubset(of: self, SampleSelection(validation))
    )
  }

  /// The notice about a split at `boundary` that leaves classes on one side only; nil if it leaves
  /// none.
  func lackingClasses(boundary: Int) -> String? {
    guard let labels = try? classLabels() else { return nil }
    let (training, validation) = (Set(labels[..<boundary]), Set(labels[boundary...]))
    let distinct = training.union(validation).count
    // Values that rarely repeat are measurements, not classes.
    guard classNames != nil || targetShape[0] > 1 || distinct * 10 <= count else { return nil }
    let parts = [
      ("validation", training.subtracting(validation)),
      ("training", validation.subtracting(training)),
    ]
    let lacks = parts.filter { !$0.1.isEmpty }.map { part, classes in
      let names = classes.sorted().prefix(5).map { index in
        classNames.flatMap { $0.indices.contains(index) ? "\"\($0[index])\"" : nil } ?? "\(index)"
      }
      let rest = classes.count > names.count ? ", …" : ""
      return "the \(part) part has no sample of \(classes.count) of \(distinct) classes"
        + " (\(names.joined(separator: ", "))\(rest))"
    }
    guard !lacks.isEmpty else { return nil }
    return "split(validation:) takes the last samples, and \(lacks.joined(separator: "; "));"
      + " if the data are sorted, split(validation:selecting: .stratified()) takes some of each class"
  }
}

/// Which samples of a data set a split uses for validation.
public enum SplitSelection: Sendable, Equatable {
  /// The last samples, as Keras 3's `validation_split`; for data in random or in chronological
  /// order.
  case last
  /// Random samples, a function of the seed.
  case shuffled(seed: UInt64 = 0)
  /// Random samples, the same fraction of each class to rounding, at least one in each part.
  case stratified(seed: UInt64 = 0)
}

/// The number of samples of each class, and of those that a stratified split uses for validation.
struct Strata {
  private let counts: [Int]
  private let names: [String]?

  init(_ labels: [Int], names: [String]?) {
    var counts = [Int](repeating: 0, count: (labels.max() ?? -1) + 1)
    for label in labels { counts[label] += 1 }
    self.counts = counts
    self.names = names
  }

  /// The share of each class in `total`: at least one sample and not all, rounded so that the sum
  /// is `total`.
  ///
  /// Shares with the largest remainders are rounded up, the first of equal ones.
  func validationCounts(total: Int) throws(ArgumentError) -> [Int] {
    let classes = counts.indices.filter { counts[$0] > 0 }
    let samples = counts.reduce(0, +)
    if let rare = classes.first(where: { counts[$0] == 1 }) {
      let name = names.flatMap { $0.indices.contains(rare) ? " \"\($0[rare])\"" : nil } ?? ""
      throw ArgumentError(
        place: "class \(rare)\(name) of a stratified split", expected: "a sample for each part",
        found: "1 sample")
    }
    guard total >= classes.count, samples - total >= classes.count else {
      throw ArgumentError(
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
    // Small classes got more than their share.
    while sum > total {
      for (c, _) in remainders.reversed() where sum > total && numbers[c] > 1 {
        numbers[c] -= 1
        sum -= 1
      }
    }
    return numbers
  }
}

/// The class indices of a data set, in a byte each where that is enough for all classes.
struct ClassIndices: Sendable {
  private enum Storage {
    case bytes([UInt8])
    case numbers([Int])
  }

  private let storage: Storage

  /// Indices of a number of classes, each of which is known to be one.
  init<Label: BinaryInteger>(_ labels: [Label], classes: Int) {
    if let bytes = labels as? [UInt8] {
      storage = .bytes(bytes)
    } else if classes <= 256 {
      storage = .bytes(labels.map { UInt8($0) })
    } else {
      storage = .numbers(labels.map { Int($0) })
    }
  }

  var count: Int {
    switch storage {
    case .bytes(let bytes): bytes.count
    case .numbers(let numbers): numbers.count
    }
  }

  subscript(index: Int) -> Int {
    switch storage {
    case .bytes(let bytes): Int(bytes[index])
    case .numbers(let numbers): numbers[index]
    }
  }

  /// All of them.
  var all: [Int] {
    switch storage {
    case .bytes(let bytes): bytes.map { Int($0) }
    case .numbers(let numbers): numbers
    }
  }
}
