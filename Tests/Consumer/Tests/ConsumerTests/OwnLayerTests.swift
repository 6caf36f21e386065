import Foundation
import Pinion
import Testing

/// Custom layers are used like built-in ones.
@Suite struct OwnLayerTests {
  func network() throws -> Sequential {
    try Sequential(input: [12, 12, 1]) {
      Conv2D(8, kernel: 3, padding: .same)
      LearnedSlope(initialSlope: 0.1)
      MaxPool2D()
      Flatten()
      BatchCentering()
      Dense(3, activation: .softmax)
    }
  }

  @Test func isSummarized() throws {
    let summary = try network().summary()
    let lines = summary.split(separator: "\n")
    let line = try #require(lines.first { $0.contains("LearnedSlope") })
    #expect(line.contains("learned_slope (LearnedSlope)"))
    #expect(line.contains("(None, 12, 12, 8)"))
    #expect(line.contains(" 8 "))
    #expect(summary.contains("Non-trainable params: 288"))
  }

  @Test func isTrainedSavedAndReloaded() throws {
    let model = try Model(network(), optimizer: Adam(learningRate: 0.005), seed: 1)
    let slopes = try #require(model.weights["learned_slope/slope"])
    #expect(slopes.array == Array(repeating: 0.1, count: 8))
    try model.fit(Bars.dataset(600, seed: 1), epochs: 15, batchSize: 50, verbose: false)
    // The slope of a channel without negative values does not change.
    #expect(slopes.array.count { $0 != 0.1 } > 4)
    print(try model.explain(batchSize: 50))
    let test = try Bars.dataset(150, seed: 2)
    let evaluation = try model.evaluate(test)
    #expect(try #require(evaluation.accuracy) > 0.9)

    let folder = try TemporaryFolder()
    let file = folder.file("bars.safetensors")
    try model.saveWeights(to: file)
    let registry = TypeRegistry.standard.adding(LearnedSlope.self, BatchCentering.self)
    let reloaded = try Model(contentsOf: file, registry: registry)
    #expect(reloaded.graph == model.graph)
    #expect(try reloaded.predict(test) == model.predict(test))
    #expect(try reloaded.evaluate(test) == evaluation)

    let error = #expect(throws: GraphError.self) { try Model(contentsOf: file) }
    #expect(
      try #require(error).description.contains("the type \"LearnedSlope\" is not in the registry"))
  }

  @Test func reloadedModelContinuesTraining() throws {
    let data = try Bars.dataset(60, seed: 1, encoding: .oneHot)
    let model = try Model(Bars.network(), loss: .categoricalCrossEntropy, seed: 1)
    try model.fit(data, verbose: false)
    let folder = try TemporaryFolder()
    try model.saveWeights(to: folder.file("bars.safetensors"))
    let reloaded = try Model(
      contentsOf: folder.file("bars.safetensors"), optimizer: SGD(learningRate: 0.1),
      loss: .categoricalCrossEntropy)
    #expect(try reloaded.evaluate(data) == model.evaluate(data))
    try reloaded.fit(data, epochs: 3, verbose: false)
    #expect(try reloaded.evaluate(data).loss < model.evaluate(data).loss)
  }

  @Test func isNamedInErrors() throws {
    let error = #expect(throws: GraphError.self) {
      try Sequential(input: [12, 12, 1]) { LearnedSlope(initialSlope: .nan, name: "act") }
    }
    #expect(
      error?.description
        == "layer \"act\" (LearnedSlope) on an input of shape (12, 12, 1): "
        + "the initial slope must be finite; received nan")
  }

  @Test func hasTheRightGradients() throws {
    let check = try checkGradients(of: LearnedSlope(initialSlope: 0.3), input: [5, 7, 3])
    #expect(check.isPassed, "\(check)")
  }

  @Test(arguments: [1, 5, 40]) func hasTheRightGradientsOverTheBatch(batch: Int) throws {
    let check = try checkGradients(of: BatchCentering(), input: [6], batch: batch)
    #expect(check.isPassed, "\(check)")
    let chain = try Sequential(input: [6]) {
      Dense(5, activation: .tanh)
      BatchCentering()
      Dense(4)
    }
    let whole = try checkGradients(of: chain, batch: batch)
    #expect(whole.isPassed, "\(whole)")
  }

  @Test func wrongGradientsAreFound() throws {
    let check = try checkGradients(of: LevelSlope(), input: [5, 7, 3])
    #expect(!check.isPassed)
    #expect(check.findings.contains { $0.tensor == "input" && $0.error > check.tolerance })
    let other = try checkGradients(of: ForgetfulSlope(), input: [5, 7, 3])
    #expect(!other.isPassed)
    #expect(other.description.contains("slope"))
  }

  @Test func equalBitsOnAnyNumberOfThreads() throws {
    func trained(threads: Int) throws -> [Float] {
      let model = try Model(network(), seed: 5, threads: threads)
      try model.fit(Bars.dataset(150, seed: 1), epochs: 2, batchSize: 40, verbose: false)
      return model.weights.trainable.array + model.weights.nonTrainable.array
    }
    #expect(try trained(threads: 1) == trained(threads: 3))
  }
}

/// A LearnedSlope whose input gradient assumes a slope of 1.
struct LevelSlope: SamplewiseLayer {
  var right = LearnedSlope()

  func outputShape(for inputs: [Shape]) throws -> Shape { try right.outputShape(for: inputs) }
  func parameters(for inputs: [Shape]) -> [Parameter] { right.parameters(for: inputs) }
  func forward(_ context: LayerContext) { right.forward(context) }

  func backward(_ context: LayerContext) {
    right.backward(context)
    context.inputGradients[0]?.copy(from: context.outputGradient)
  }
}

/// A LearnedSlope whose slope gradient omits one channel.
struct ForgetfulSlope: SamplewiseLayer {
  var right = LearnedSlope()

  func outputShape(for inputs: [Shape]) throws -> Shape { try right.outputShape(for: inputs) }
  func parameters(for inputs: [Shape]) -> [Parameter] { right.parameters(for: inputs) }
  func forward(_ context: LayerContext) { right.forward(context) }

  func backward(_ context: LayerContext) {
    right.backward(context)
    context.gradient("slope")[1] = 0
  }
}
