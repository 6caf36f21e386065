import PinionData
import PinionTensor
import PinionTestSupport
import Testing

@Suite struct DatasetFoldsTests {
  /// `folds.json`: the fold in which scikit-learn validates each sample.
  struct Case: Decodable {
    let labels: [Int]
    let k: Int
    let consecutive, stratified: [Int]
  }

  typealias Fold = (training: DatasetSubset, validation: DatasetSubset)

  /// Samples whose input is their index.
  func samples(
    _ labels: [Int], encoding: LabelEncoding = .index, classNames: [String]? = nil
  ) throws -> ArrayDataset {
    try ArrayDataset(
      inputs: labels.indices.map { [Float($0)] }, labels: labels,
      classes: (labels.max() ?? 0) + 1, classNames: classNames, encoding: encoding)
  }

  /// The fold in which each sample validates, after a check that it trains in all others.
  func foldOfSamples(_ folds: [Fold], count: Int) -> [Int] {
    var validated = [Int?](repeating: nil, count: count)
    for (number, fold) in folds.enumerated() {
      let validation = (0..<fold.validation.count).map { Int(fold.validation.input($0)[0]) }
      let training = (0..<fold.training.count).map { Int(fold.training.input($0)[0]) }
      #expect((validation + training).sorted() == Array(0..<count))
      for index in validation {
        #expect(validated[index] == nil)
        validated[index] = number
      }
    }
    return validated.map { $0 ?? -1 }
  }

  @Test func foldsWithoutASeedAreThoseOfScikitLearn() throws {
    for example in try Fixture.load("folds", as: [Case].self) {
      let whole = try samples(example.labels)
      let count = whole.count
      #expect(foldOfSamples(try whole.kFold(example.k), count: count) == example.consecutive)
      #expect(
        foldOfSamples(try whole.stratifiedKFold(example.k), count: count) == example.stratified)
      let oneHot = try samples(example.labels, encoding: .oneHot)
      #expect(
        foldOfSamples(try oneHot.stratifiedKFold(example.k), count: count) == example.stratified)
    }
  }

  @Test func shuffledFoldsHaveTheSameSizes() throws {
    for example in try Fixture.load("folds", as: [Case].self) where example.labels.count > 10 {
      let whole = try samples(example.labels)
      let count = whole.count
      let shuffled = foldOfSamples(try whole.kFold(example.k, seed: 3), count: count)
      #expect(shuffled != example.consecutive && shuffled.sorted() == example.consecutive.sorted())
      #expect(foldOfSamples(try whole.kFold(example.k, seed: 3), count: count) == shuffled)
      #expect(foldOfSamples(try whole.kFold(example.k, seed: 4), count: count) != shuffled)
      let folds = try whole.stratifiedKFold(example.k, seed: 3)
      let stratified = foldOfSamples(folds, count: count)
      #expect(stratified != example.stratified)
      func pairs(_ folds: [Int]) -> [[Int]] {
        zip(example.labels, folds).map { [$0, $1] }.sorted { $0.lexicographicallyPrecedes($1) }
      }
      #expect(pairs(stratified) == pairs(example.stratified))
      let again = try whole.stratifiedKFold(example.k, seed: 3)
      #expect(foldOfSamples(again, count: count) == stratified)
    }
  }

  @Test func foldsThatCannotBeMadeAreErrors() throws {
    let whole = try samples([0, 0, 0, 1, 1], classNames: ["ant", "bee"])
    for k in [-1, 0, 1, 6] {
      let error = ArgumentError(
        place: "the number of folds", expected: "2...5, as there are samples", found: "\(k)")
      #expect(throws: error) { try whole.kFold(k) }
      #expect(throws: error) { try whole.stratifiedKFold(k) }
    }
    #expect(throws: ArgumentError.self) { try whole.prefix(1).kFold(2) }
    #expect(
      throws: ArgumentError(
        place: "class 1 \"bee\" of stratified folds", expected: "a sample for each of 3",
        found: "2")
    ) { try whole.stratifiedKFold(3) }
    let line = try ArrayDataset(
      inputs: [1, 2, 3, 4], inputShape: [1], targets: [0.5, 1, 2, 3], targetShape: [1])
    let error = #expect(throws: ArgumentError.self) { try line.stratifiedKFold(2) }
    #expect(error?.place == "the targets to stratify by")
  }

  // The images of a validation part are black, all others white.
  @Test func partsMixAmongThemselves() throws {
    let folds = try PartnerTests.images(40).augmented { MixUp(alpha: 1) }.kFold(2)
    for (number, fold) in folds.enumerated() {
      let loader = try BatchLoader(fold.training, batchSize: 20)
      try loader.startEpoch(epoch: 0)
      let batch = try #require(try loader.next())
      let expected: Float = number == 0 ? 1 : 0
      #expect(batch.input.array == [Float](repeating: expected, count: 20))
    }
  }
}
