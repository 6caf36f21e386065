import PinionData
import PinionLinearAlgebra
import PinionTensor
import Testing

@Suite struct PatchWhiteningTests {
  private func images(_ count: Int, _ shape: Shape) throws -> ArrayDataset {
    var random = RandomStream(seed: 3, stream: 0).generator
    // Neighbors resemble each other, so that patches are correlated.
    var last = 0.0
    let inputs = (0..<count * shape.elementCount).map { _ in
      last = 0.7 * last + random.normal()
      return Float(last)
    }
    return try ArrayDataset(
      inputs: inputs, inputShape: shape, targets: (0..<count).map { Float($0) }, targetShape: [1])
  }

  /// All patches of all images as the definition has them, in double precision.
  private func patches(_ dataset: ArrayDataset, side: Int) -> [[Double]] {
    let shape = dataset.inputShape
    var patches: [[Double]] = []
    for index in 0..<dataset.count {
      let buffer = AlignedBuffer(count: shape.elementCount)
      dataset.copyInput(at: index, into: buffer.view)
      let image = withExtendedLifetime(buffer) { buffer.view.array }
      for y in 0...shape[0] - side {
        for x in 0...shape[1] - side {
          patches.append(
            (0..<side * side * shape[2]).map { element in
              let (pixel, channel) = element.quotientAndRemainder(dividingBy: shape[2])
              let row = (y + pixel / side) * shape[1] + x + pixel % side
              return Double(image[row * shape[2] + channel])
            })
        }
      }
    }
    return patches
  }

  /// Mean squares λ / (λ + ε), no correlation, λ ascending, then the negatives.
  @Test(arguments: [(1, 3), (2, 3), (2, 1), (3, 2)])
  func outputsAreWhite(side: Int, channels: Int) throws {
    let dataset = try images(20, [6, 5, channels])
    let epsilon = 0.1
    let whitening = try PatchWhitening(fitting: dataset, side: side, epsilon: epsilon)
    let size = side * side * channels
    #expect(whitening.kernel.shape == [side, side, channels, 2 * size])
    #expect(whitening.epsilon == epsilon)
    let kernel = whitening.kernel.elements.map(Double.init)
    let all = patches(dataset, side: side)
    let outputs = all.map { patch in
      (0..<2 * size).map { k in
        (0..<size).reduce(0) { $0 + patch[$1] * kernel[$1 * 2 * size + k] }
      }
    }
    let count = Double(all.count)
    var squares: [Double] = []
    for i in 0..<size {
      for j in 0..<size where i != j {
        #expect(abs(outputs.reduce(0) { $0 + $1[i] * $1[j] } / count) < 1e-4)
      }
      // The filter is an eigenvector v / √(λ + ε).
      let factor = (0..<size).reduce(0) {
        $0 + kernel[$1 * 2 * size + i] * kernel[$1 * 2 * size + i]
      }
      let square = outputs.reduce(0) { $0 + $1[i] * $1[i] } / count
      #expect(abs(square - (1 - epsilon * factor)) < 1e-4)
      squares.append(square)
      #expect(outputs.allSatisfy { $0[i] == -$0[size + i] })
    }
    #expect(squares == squares.sorted() && squares[0] < squares[size - 1] + 1e-9)
  }

  @Test func refusals() throws {
    let dataset = try images(2, [4, 3, 2])
    #expect(throws: ArgumentError.self) { try PatchWhitening(fitting: dataset, side: 4) }
    #expect(throws: ArgumentError.self) { try PatchWhitening(fitting: dataset, side: 0) }
    #expect(throws: ArgumentError.self) { try PatchWhitening(fitting: dataset, epsilon: 0) }
    #expect(throws: ArgumentError.self) { try PatchWhitening(fitting: dataset.prefix(0)) }
    #expect(throws: ArgumentError.self) { try PatchWhitening(fitting: images(2, [12])) }
    #expect(throws: LinearAlgebraError.self) { try PatchWhitening(fitting: InfiniteImage()) }
  }

  /// An image with an infinite pixel, which data sets in memory refuse.
  private struct InfiniteImage: Dataset {
    let count = 1
    let inputShape: Shape = [2, 2, 1]
    let targetShape: Shape = [1]

    func copyInput(at index: Int, into view: MemoryView<Float>) {
      view.fill(1)
      view[1] = .infinity
    }

    func copyTarget(at index: Int, into view: MemoryView<Float>) { view.fill(0) }
  }
}
