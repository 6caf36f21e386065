import PinionTensor
import Testing

@testable import PinionData

/// Splits of data in any order, by class or not.
@Suite struct DatasetSplitTests {
  /// Samples whose input is their index, sorted by class.
  func sorted(
    _ counts: [Int], encoding: LabelEncoding = .index, classNames: [String]? = nil
  ) throws -> ArrayDataset {
    let labels = counts.enumerated().flatMap { label, count in
      [Int](repeating: label, count: count)
    }
    return try ArrayDataset(
      inputs: labels.indices.map { [Float($0)] }, labels: labels, classes: counts.count,
      classNames: classNames, encoding: encoding)
  }

  func indices(_ dataset: some Dataset) -> [Int] {
    (0..<dataset.count).map { Int(dataset.input($0)[0]) }
  }

  @Test func aShuffledSplitTakesAnySamples() throws {
    let whole = try sorted([300, 300])
    let (training, validation) = try whole.split(validation: 0.2, selecting: .shuffled(seed: 5))
    #expect(training.count == 480 && validation.count == 120)
    #expect((indices(training) + indices(validation)).sorted() == Array(0..<600))
    // 60 of each class are expected, with a deviation of 4.9.
    #expect((40...80).contains(indices(validation).count { $0 < 300 }))
    #expect(indices(training) != indices(training).sorted())
    let again = try whole.split(validation: 0.2, selecting: .shuffled(seed: 5))
    #expect(indices(again.validation) == indices(validation))
    let other = try whole.split(validation: 0.2, selecting: .shuffled(seed: 6))
    #expect(indices(other.validation) != indices(validation))
    #expect(indices(whole.shuffled(seed: 5)) == indices(training) + indices(validation))
  }

  @Test(arguments: [LabelEncoding.index, .oneHot])
  func aStratifiedSplitTakesThePartOfEachClass(encoding: LabelEncoding) throws {
    let whole = try sorted([120, 120, 120, 120, 120], encoding: encoding)
    let (training, validation) = try whole.split(validation: 0.2, selecting: .stratified(seed: 1))
    #expect(try training.classCounts() == [96, 96, 96, 96, 96])
    #expect(try validation.classCounts() == [24, 24, 24, 24, 24])
    #expect((indices(training) + indices(validation)).sorted() == Array(0..<600))
    // A prefix of either holds all classes, too.
    let first = try #require(try training.prefix(100).classCounts())
    #expect(first.allSatisfy { $0 > 5 })
    let again = try whole.split(validation: 0.2, selecting: .stratified(seed: 1))
    #expect(indices(again.training) == indices(training))
    let other = try whole.split(validation: 0.2, selecting: .stratified(seed: 2))
    #expect(indices(other.validation) != indices(validation))
    let counts = (try other.validation.classCounts(), try validation.classCounts())
    #expect(counts.0 == counts.1)
  }

  @Test(arguments: [
    ([10, 20, 70], 0.25, [3, 5, 17]), ([2, 2, 96], 0.1, [1, 1, 8]), ([2, 98], 0.75, [1, 74]),
    ([50, 0, 51], 0.5, [25, 0, 26]), ([3, 3, 3], 0.5, [2, 2, 1]),
    ([2, 2, 2, 14], 0.2, [1, 1, 1, 1]),
  ])
  func classesAreDividedToTheSample(counts: [Int], fraction: Double, expected: [Int]) throws {
    let (training, validation) = try sorted(counts)
      .split(validation: fraction, selecting: .stratified())
    let (train, valid) = (
      try #require(try training.classCounts()), try validation.classCounts()
    )
    #expect(valid == expected)
    #expect(zip(train, expected).map { $0 + $1 } == counts)
  }

  @Test func whatCannotBeStratifiedIsAnError() throws {
    let rare = #expect(throws: ArgumentError.self) {
      try sorted([5, 1, 5], classNames: ["a", "b", "c"])
        .split(validation: 0.5, selecting: .stratified())
    }
    #expect(rare?.place == "class 1 \"b\" of a stratified split")
    let small = #expect(throws: ArgumentError.self) {
      try sorted([10, 10, 10]).split(validation: 0.05, selecting: .stratified())
    }
    #expect(small?.found == "28 samples for training, 2 for validation")
    let regression = try ArrayDataset(
      inputs: [1, 2, 3, 4], inputShape: [1], targets: [0.5, 1, 2, 3], targetShape: [1])
    let targets = #expect(throws: ArgumentError.self) {
      try regression.split(validation: 0.5, selecting: .stratified())
    }
    #expect(targets?.place == "the targets to stratify by")
    for selection: SplitSelection in [.last, .shuffled(), .stratified()] {
      #expect(throws: ArgumentError.self) {
        try sorted([5, 5]).split(validation: 1, selecting: selection)
      }
      #expect(throws: ArgumentError.self) {
        try sorted([1, 1]).split(validation: 0.6, selecting: selection)
      }
    }
  }

  // What `split` writes to standard error for a folder sorted by class.
  @Test func sortedDataAreTold() throws {
    let names = ["ant", "bee", "cat", "dog", "elk"]
    let folder = try sorted([120, 120, 120, 120, 120], classNames: names)
    let notice = try #require(folder.lackingClasses(boundary: 480))
    #expect(
      notice.hasPrefix(
        "split(validation:) takes the last samples, and the validation part has no sample of 4 of 5 classes (\"ant\", \"bee\", \"cat\", \"dog\"); the training part has no sample of 1 of 5 classes (\"elk\");"
      ))
    #expect(notice.contains(".stratified("))
    #expect(folder.shuffled(seed: 1).lackingClasses(boundary: 480) == nil)
    #expect(try sorted([50, 50]).lackingClasses(boundary: 80) != nil)
    #expect(try sorted([50, 50], encoding: .oneHot).lackingClasses(boundary: 80) != nil)
    // Measurements, each another one, are no classes.
    let line = try ArrayDataset(
      inputs: (0..<50).map { Float($0) }, inputShape: [1], targets: (0..<50).map { Float($0) },
      targetShape: [1])
    #expect(line.lackingClasses(boundary: 40) == nil)
    #expect(try CountingDataset(count: 10).classCounts()?.count == 19)
    #expect(CountingDataset(count: 0).lackingClasses(boundary: 0) == nil)
  }
}
