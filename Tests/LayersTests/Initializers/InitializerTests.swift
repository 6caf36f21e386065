import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionLayers

/// First values: the ranges that Keras draws from, and what they depend on.
@Suite struct InitializerTests {
  struct Case: Decodable, CustomTestStringConvertible {
    let initializer: String
    let shape: [Int]
    let fanIn, fanOut: Int
    let limit, stddev, truncation: Double?

    var testDescription: String { "\(initializer) of \(shape)" }

    /// Ours of Keras's name.
    var scaling: VarianceScaling? {
      switch initializer {
      case "glorot_uniform": .glorotUniform
      case "glorot_normal": .glorotNormal
      case "he_uniform": .heUniform
      case "he_normal": .heNormal
      case "lecun_uniform": .lecunUniform
      case "lecun_normal": .lecunNormal
      default: nil
      }
    }
  }

  static let cases: [Case] = load()

  private static func load() -> [Case] {
    do {
      return try Fixture.load("initializers", as: [Case].self)
    } catch {
      Issue.record(error)
      return []
    }
  }

  private func values(_ initializer: some Initializer, _ shape: Shape, stream: UInt64 = 1)
    -> [Float]
  {
    let buffer = Numbers.poisoned(shape.elementCount)
    initializer.fill(
      buffer.view, shape: shape, random: RandomStream(seed: 1, stream: stream))
    return buffer.view.array
  }

  @Test func thereAreCases() { #expect(Self.cases.count > 40) }

  @Test(arguments: cases) func agreesWithKeras(fixture: Case) throws {
    let shape = Shape(fixture.shape)
    let scaling = try #require(fixture.scaling)
    try scaling.validate()
    #expect(fans(of: shape) == (fixture.fanIn, fixture.fanOut))
    let deviation = scaling.standardDeviation(for: shape)
    // As many draws of the shape as make some 100,000 numbers.
    let draws = max(1, 100_000 / shape.elementCount)
    let sample = (0..<draws).flatMap { values(scaling, shape, stream: UInt64($0)) }.map(Double.init)
    let bound: Double
    if let limit = fixture.limit {
      #expect(scaling.distribution == .uniform)
      #expect(abs(deviation * 3.0.squareRoot() / limit - 1) < 1e-10)
      bound = limit
    } else {
      let stddev = try #require(fixture.stddev)
      #expect(scaling.distribution == .truncatedNormal)
      #expect(abs(deviation / 0.879_625_661_034_239_78 / stddev - 1) < 1e-10)
      bound = try #require(fixture.truncation)
    }
    let largest = sample.map(abs).max() ?? 0
    #expect(largest <= bound * (1 + 1e-6) && largest > 0.99 * bound)
    // Five standard errors of a mean, and of a deviation, whose own is less than 0.71/√n of it.
    let count = Double(sample.count).squareRoot()
    let mean = sample.reduce(0, +) / Double(sample.count)
    let spread = sample.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(sample.count)
    #expect(abs(mean) < 5 * deviation / count)
    #expect(abs(spread.squareRoot() / deviation - 1) < 5 * 0.71 / count)
  }

  @Test func fansOfUnusualShapes() {
    #expect(fans(of: []) == (1, 1))
    #expect(fans(of: [5]) == (5, 5))
    #expect(fans(of: [2, 3, 4, 5, 6]) == (2 * 3 * 4 * 5, 2 * 3 * 4 * 6))
  }

  @Test func constants() {
    #expect(values(.zeros, [3]) == [0, 0, 0])
    #expect(values(.ones, [2]) == [1, 1])
    #expect(values(.constant(-0.5), [2, 1]) == [-0.5, -0.5])
  }

  /// The smallest and the largest scale that are allowed still draw finite numbers that differ.
  @Test(arguments: [Float.leastNormalMagnitude, .greatestFiniteMagnitude]) func extremeScales(
    scale: Float
  ) throws {
    for distribution in [VarianceScaling.Distribution.uniform, .truncatedNormal] {
      let scaling = VarianceScaling(scale: Double(scale), distribution: distribution)
      try scaling.validate()
      let numbers = values(scaling, [1_000, 1_000])
      #expect(numbers.allSatisfy(\.isFinite) && Set(numbers.prefix(100)).count > 90)
    }
  }

  private func weights(seed: UInt64, _ layers: [any Layer]) throws -> Weights {
    Weights(graph: try Sequential(input: [6, 6, 3]) { layers }.graph, seed: seed)
  }

  @Test func dependOnSeedAndNameAlone() throws {
    let (first, second) = (
      Conv2D(3, kernel: 3, padding: .same, name: "a"),
      Conv2D(3, kernel: 3, padding: .same, name: "b")
    )
    let both = try weights(seed: 1, [first, second])
    // A layer before, a layer after, and both.
    let stem = Conv2D(3, kernel: 1, name: "stem")
    let more = try weights(seed: 1, [stem, first, second, Flatten(), Dense(3)])
    #expect(both["a/kernel"]?.array == more["a/kernel"]?.array)
    #expect(both["b/kernel"]?.array == more["b/kernel"]?.array)
    let again = try weights(seed: 1, [first, second])
    #expect(
      both.trainable.array.map(\.bitPattern) == again.trainable.array.map(\.bitPattern))
    // Other seeds and other layers have other numbers, at every place.
    let other = try weights(seed: 2, [first, second])
    let kernel = try #require(both["a/kernel"]).array
    for different in [other["a/kernel"], both["b/kernel"]] {
      let numbers = try #require(different).array
      #expect(!zip(kernel, numbers).contains { $0 == $1 })
    }
    #expect(both["a/bias"]?.array == [0, 0, 0])
  }

  @Test func kernelAndBiasDiffer() throws {
    let weights = try weights(
      seed: 1, [Flatten(), Dense(108, kernelInitializer: .heNormal, biasInitializer: .heNormal)])
    let (kernel, bias) = (
      try #require(weights["dense/kernel"]).array, try #require(weights["dense/bias"]).array
    )
    #expect(!zip(kernel, bias).contains { $0 == $1 })
  }
}
