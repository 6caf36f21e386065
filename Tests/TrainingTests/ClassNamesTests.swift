import Foundation
import Pinion
import Testing

/// Classes are what they are called, not where they stand.
@Suite struct ClassNamesTests {
  private let folder = TemporaryFolder()
  private let names = ["0", "90", "180", "270"]

  /// Points of the plane: class i lies around the i-th corner.
  private func data(_ names: [String]?, count: Int = 40) throws -> ArrayDataset {
    let corners: [[Float]] = [[1, 1], [1, -1], [-1, -1], [-1, 1], [0, 2]]
    let classes = names?.count ?? 4
    let labels = (0..<count).map { $0 % classes }
    return try ArrayDataset(
      inputs: labels.map { corners[$0] }, labels: labels, classes: classes, classNames: names)
  }

  private func model() throws -> Model {
    try Model(
      Sequential(input: [2]) { Dense(4, activation: .softmax) }, optimizer: Adam(learningRate: 0.1),
      threads: 1)
  }

  private func trained() throws -> Model {
    let model = try model()
    try model.fit(data(names), epochs: 20, batchSize: 8, verbose: false)
    return model
  }

  @Test func aModelKnowsTheClassesThatItWasTrainedOn() throws {
    #expect(try model().classNames == nil)
    let model = try trained()
    #expect(model.classNames == names)
    #expect(try Predictor(model).classNames == names)
    #expect(try model.evaluate(data(names)).accuracy == 1)
    // A part of them under the same numbers, or without names.
    #expect(try model.evaluate(data(["0", "90"])).accuracy == 1)
    #expect(try model.evaluate(data(nil)).accuracy == 1)
  }

  @Test(
    arguments: [
      ["0", "180", "270"], ["0", "90", "270", "180"], ["0", "90", "180", "270", "360"], ["a"],
    ])
  func otherClassesAreErrors(found: [String]) throws {
    let model = try trained()
    let before = model.bits
    let other = try data(found)
    func check(_ dataset: String, _ body: () throws -> Void) {
      let error = #expect(throws: TrainingError.self) { try body() }
      #expect(error == .classNames(dataset: dataset, expected: names, found: found))
      #expect(error?.description.contains("classes: model.classNames") == true)
    }
    check("evaluated") { _ = try model.evaluate(other) }
    check("predicted") { _ = try model.predict(other) }
    check("training") { _ = try model.fit(other, verbose: false) }
    check("validation") { _ = try model.fit(data(names), validation: other, verbose: false) }
    let fresh = try self.model()
    check("validation") { _ = try fresh.fit(data(names), validation: other, verbose: false) }
    #expect(fresh.steps == 0)
    #expect(model.bits == before)
    // Whoever wants to train on other classes says so.
    model.classNames = nil
    if found.count <= 4 {
      try model.fit(other, verbose: false)
      #expect(model.classNames == found)
    }
  }

  @Test func aRefusedFitLeavesTheNames() throws {
    let model = try model()
    #expect(throws: CallbackError.self) {
      try model.fit(data(names), callbacks: [EarlyStopping()], verbose: false)
    }
    #expect(model.classNames == nil)
    try model.fit(data(["a", "b"]), verbose: false)
    #expect(model.classNames == ["a", "b"])
  }

  @Test func composedAndDecomposedAccentsAreOneName() throws {
    let model = try model()
    model.classNames = ["caf\u{e9}", "tea", "milk", "water"]
    _ = try model.evaluate(data(["cafe\u{301}", "tea", "milk", "water"]))
  }

  @Test func filesKeepTheNames() throws {
    let file = folder.url.appending(path: "a.safetensors")
    let model = try trained()
    model.classNames = ["\"0\"", "90°\n", "cafe\u{301}", "\u{0}"]
    try model.saveWeights(to: file)
    #expect(try Model(contentsOf: file, threads: 1).classNames == model.classNames)
    #expect(try Predictor(contentsOf: file).classNames == model.classNames)
    let other = try self.model()
    try other.loadWeights(from: file)
    #expect(other.classNames == model.classNames)
    // A file without names changes none.
    model.classNames = nil
    try model.saveWeights(to: file)
    #expect(try Model(contentsOf: file, threads: 1).classNames == nil)
    try other.loadWeights(from: file)
    #expect(other.classNames?.count == 4)
  }

  @Test func brokenNamesAreErrors() throws {
    let file = folder.url.appending(path: "a.safetensors")
    let model = try trained()
    let entries = model.weights.entries.map {
      SafeTensors.Entry(name: $0.name, shape: $0.shape, elements: model.weights.view(of: $0))
    }
    for text in ["", "{}", "[1]", "[\"a\""] {
      try SafeTensors.write(entries, metadata: ["pinion.classes": text], to: file)
      let error = #expect(throws: FileError.self) { try model.loadWeights(from: file) }
      #expect(error?.place == "metadata \"pinion.classes\"")
      #expect(model.classNames == names)
    }
  }

  @Test func aRunOfOtherClassesIsNotResumed() throws {
    let file = folder.url.appending(path: "checkpoint.safetensors")
    func fit(_ names: [String], epochs: Int) throws {
      try model().fit(
        data(names), epochs: epochs, checkpointing: Checkpointing(to: file, resumes: true),
        verbose: false)
    }
    try fit(names, epochs: 1)
    try fit(names, epochs: 2)
    let error = #expect(throws: FileError.self) { try fit(names.reversed(), epochs: 3) }
    #expect(error?.description.contains("class names") == true)
  }
}
