import Foundation
import PinionTensor
import Testing

@testable import PinionLayers

/// Initializers with their own random numbers: distributions and matrices.
@Suite struct RandomInitializerTests {
  private func values(_ initializer: some Initializer, _ shape: Shape) throws -> [Float] {
    try initializer.validate()
    try initializer.validate(for: shape)
    let buffer = Numbers.poisoned(shape.elementCount)
    initializer.fill(buffer.view, shape: shape, random: RandomStream(seed: 1, stream: 3))
    return buffer.view.array
  }

  private func moments(_ values: [Float]) -> (mean: Double, deviation: Double) {
    let (count, numbers) = (Double(values.count), values.map(Double.init))
    let mean = numbers.reduce(0, +) / count
    let squares = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (squares / count).squareRoot())
  }

  /// Five standard errors of a mean and of a deviation, 0.71/√n of it.
  @Test func distributions() throws {
    let shape: Shape = [300, 400]
    let error = 5 / 120_000.0.squareRoot()
    let normal = try values(.randomNormal(mean: 2, standardDeviation: 3), shape)
    var (mean, deviation) = moments(normal)
    #expect(abs(mean - 2) < 3 * error && abs(deviation - 3) < 3 * 0.71 * error)
    // 0.27 % of them beyond three deviations: 324 ± 18.
    let far = normal.filter { abs($0 - 2) > 9 }.count
    #expect((234...414).contains(far))

    let truncated = try values(.truncatedNormal(mean: 2, standardDeviation: 3), shape)
    (mean, deviation) = moments(truncated)
    #expect(abs(mean - 2) < 3 * error && abs(deviation / 0.879_625_661 - 3) < 3 * 0.71 * error)
    #expect(truncated.allSatisfy { (-4...8).contains($0) })
    #expect(truncated.contains { $0 > 7.9 } && truncated.contains { $0 < -3.9 })

    let uniform = try values(.randomUniform(from: -1, to: 3), shape)
    (mean, deviation) = moments(uniform)
    #expect(abs(mean - 1) < 1.16 * error && abs(deviation - 2 / 3.0.squareRoot()) < 1.16 * error)
    #expect(uniform.allSatisfy { (-1..<3).contains($0) })
    #expect(uniform.contains { $0 > 2.99 } && uniform.contains { $0 < -0.99 })

    // Keras's defaults.
    #expect(RandomNormal() == RandomNormal(mean: 0, standardDeviation: 0.05))
    #expect(TruncatedNormal() == TruncatedNormal(mean: 0, standardDeviation: 0.05))
    #expect(RandomUniform() == RandomUniform(from: -0.05, to: 0.05))
  }

  @Test(arguments: [[7, 7], [9, 4], [4, 9], [3, 3, 5, 8], [2, 2, 3, 40], [1, 6], [6, 1]])
  func orthogonality(sides: [Int]) throws {
    let shape = Shape(sides)
    let columns = sides[sides.count - 1]
    let rows = shape.elementCount / columns
    let gain: Float = 1.5
    let matrix = try values(.orthogonal(gain: gain), shape).map(Double.init)
    // The vectors: columns, or rows if these are fewer.
    let vectors =
      rows >= columns
      ? (0..<columns).map { c in (0..<rows).map { matrix[$0 * columns + c] } }
      : (0..<rows).map { Array(matrix[$0 * columns..<($0 + 1) * columns]) }
    for (i, left) in vectors.enumerated() {
      for (j, right) in vectors.enumerated() {
        let product = zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(product - (i == j ? 2.25 : 0)) < 1e-6, "\(i), \(j)")
      }
    }
  }

  /// Of all orthogonal matrices alike: the elements have mean 0 and variance 1/n, and the
  /// determinant either sign.
  @Test func orthogonalMatricesAreUniform() throws {
    let count = 2_000
    var (elements, positive) = ([Float](), 0)
    for stream in 0..<count {
      let buffer = AlignedBuffer(count: 4)
      Orthogonal().fill(
        buffer.view, shape: [2, 2], random: RandomStream(seed: 2, stream: UInt64(stream)))
      let m = buffer.view.array
      elements += m
      if m[0] * m[3] - m[1] * m[2] > 0 { positive += 1 }
    }
    let (mean, deviation) = moments(elements)
    // The four of a matrix depend on each other.
    #expect(abs(mean) < 5 * 0.71 / Double(count).squareRoot())
    #expect(abs(deviation - 0.5.squareRoot()) < 1e-3)
    #expect(abs(Double(positive) / Double(count) - 0.5) < 5 * 0.5 / Double(count).squareRoot())
  }

  @Test func identities() throws {
    #expect(try values(.identity, [2, 2]) == [1, 0, 0, 1])
    #expect(try values(.identity(gain: 3), [2, 3]) == [3, 0, 0, 0, 3, 0])
    #expect(try values(.identity, [3, 2]) == [1, 0, 0, 1, 0, 0])
  }

  /// The kernels of PyTorch's `dirac_`, as (height, width, in, out).
  @Test func dirac() throws {
    for (sides, groups, ones) in [
      ([3, 3, 2, 2], 1, [[1, 1, 0, 0], [1, 1, 1, 1]]),
      ([2, 3, 3, 2], 1, [[1, 1, 0, 0], [1, 1, 1, 1]]),
      (
        [1, 4, 2, 6], 3,
        [[0, 2, 0, 0], [0, 2, 1, 1], [0, 2, 0, 2], [0, 2, 1, 3], [0, 2, 0, 4], [0, 2, 1, 5]]
      ),
      ([5, 2, 4], 2, [[2, 0, 0], [2, 1, 1], [2, 0, 2], [2, 1, 3]]),
    ] as [([Int], Int, [[Int]])] {
      let kernel = try values(.dirac(groups: groups), Shape(sides))
      var expected = [Float](repeating: 0, count: kernel.count)
      for place in ones {
        expected[zip(sides, place).reduce(0) { $0 * $1.0 + $1.1 }] = 1
      }
      #expect(kernel == expected, "\(sides)")
    }
  }

  /// What the channels of a group leave is another initializer's.
  @Test func diracWithARemainder() throws {
    let (inputs, outputs) = (3, 10)
    let shape: Shape = [3, 3, inputs, outputs]
    let other = VarianceScaling(scale: 1.0 / 3, mode: .fanIn, distribution: .uniform)
    for groups in [1, 2] {
      let kernel = try values(Dirac(groups: groups, remainder: other), shape)
      let (ones, rest) = (try values(.dirac(groups: groups), shape), try values(other, shape))
      for i in kernel.indices {
        #expect(kernel[i] == (i % (outputs / groups) < inputs ? ones[i] : rest[i]), "\(i)")
      }
    }
    let few = try values(Dirac(remainder: other), [3, 3, 4, 2])
    #expect(try few == values(.dirac, [3, 3, 4, 2]))
    #expect(throws: LayerError.self) { try Dirac(remainder: RandomNormal(mean: .nan)).validate() }
    #expect(throws: LayerError.self) {
      try Dirac(remainder: IdentityInitializer()).validate(for: shape)
    }
  }

  /// Configurations of earlier versions have no remainder, and neither do those of today without
  /// one.
  @Test func configurationsOfDirac() throws {
    let earlier = Data(#"{"groups":2}"#.utf8)
    #expect(try JSONDecoder().decode(Dirac.self, from: earlier) == Dirac(groups: 2))
    #expect(try JSONEncoder().encode(Dirac(groups: 2)) == earlier)
  }

  /// A convolution that starts with it hands its input on.
  @Test func diracPreserves() throws {
    let graph = try Sequential(input: [5, 6, 3]) {
      Conv2D(3, kernel: 3, padding: .same, kernelInitializer: .dirac)
    }.graph
    let run = GraphRun(graph, batch: 2, noise: 0)
    run.run()
    #expect(relativeError(run.outputs, run.inputs.view.array.map(Double.init)) < 1e-6)
  }

  @Test func refusals() throws {
    let bad: [any Initializer] = [
      RandomNormal(standardDeviation: -1), RandomNormal(mean: .nan),
      TruncatedNormal(mean: .infinity),
      TruncatedNormal(standardDeviation: 3e38), RandomUniform(from: 1, to: 1),
      RandomUniform(from: -3e38, to: 3e38), Orthogonal(gain: .nan),
      IdentityInitializer(gain: .infinity), Dirac(groups: 0),
    ]
    for initializer in bad {
      #expect(throws: LayerError.self, "\(initializer)") { try initializer.validate() }
    }
    let unfit: [(any Initializer, Shape)] = [
      (Orthogonal(), [3]), (IdentityInitializer(), [3, 3, 3]), (IdentityInitializer(), [3]),
      (Dirac(), [3, 3]), (Dirac(groups: 2), [3, 3, 1, 3]),
    ]
    for (initializer, shape) in unfit {
      #expect(throws: LayerError.self, "\(initializer)") { try initializer.validate(for: shape) }
    }
    let error = #expect(throws: GraphError.self) {
      try Sequential(input: [4]) { Dense(3, kernelInitializer: .dirac) }
    }
    #expect("\(try #require(error))".contains("a Dirac initializer needs a convolution kernel"))
  }
}
