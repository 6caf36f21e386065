import PinionTensor
import Testing

@testable import PinionLayers

/// Layers that move values around against their definitions.
@Suite struct ShapingTests {
  @Test(arguments: UpSampling2D.Interpolation.allCases, [1, 3, 16, 33])
  func upsamplingEqualsItsTwin(interpolation: UpSampling2D.Interpolation, channels: Int) {
    let isLinear = interpolation == .bilinear
    for (height, width) in [(1, 1), (1, 4), (3, 2), (5, 7)] {
      for size: Size2D in [1, 2, 3, Size2D(2, 5), 4] {
        let shape: Shape = [height, width, channels]
        let count = 2 * shape.elementCount
        let x = Numbers(count, "x")
        let dy = Numbers(count * size.height * size.width, "dy")
        var expected = [Double](repeating: 0, count: dy.view.count)
        var gradient = [Double](repeating: 0, count: count)
        let twin = NaiveUpsampling(input: shape, size: size, isLinear: isLinear)
        twin.forward(x.doubles, output: &expected, samples: 2)
        twin.backward(dy.doubles, inputGradient: &gradient, samples: 2)
        let (output, dx) = (Numbers.poisoned(expected.count), Numbers.poisoned(count))
        let sampling = Upsampling(input: shape, size: size, isLinear: isLinear)
        sampling.forward(x.view, output: output.view, samples: 2)
        sampling.backward(dy.view, inputGradient: dx.view, samples: 2)
        #expect(relativeError(output.view.array, expected) < 1e-6, "\(shape) \(size)")
        #expect(relativeError(dx.view.array, gradient) < 1e-6, "\(shape) \(size)")
      }
    }
  }

  @Test func permutationsFollowTheirDefinition() {
    for shape: Shape in [[5], [3, 4], [2, 3, 4], [1, 3, 5], [3, 1, 1], [2, 3, 1, 4]] {
      for order in permutations(of: Array(0..<shape.rank)) {
        let x = Numbers(2 * shape.elementCount, "x")
        let result = Numbers.poisoned(x.view.count)
        Permutation(of: shape, order: order).copy(x.view, to: result.view, samples: 2)
        let target = Shape(order.map { shape[$0] })
        for place in result.view.indices {
          let (sample, rest) = place.quotientAndRemainder(dividingBy: shape.elementCount)
          var source = sample * shape.elementCount
          for (axis, step) in zip(order, target.strides) {
            source += rest / step % shape[axis] * shape.strides[axis]
          }
          #expect(result.view[place] == x.view[source], "\(shape) \(order)")
        }
      }
    }
  }

  private func permutations(of axes: [Int]) -> [[Int]] {
    guard axes.count > 1 else { return [axes] }
    return axes.flatMap { first in
      permutations(of: axes.filter { $0 != first }).map { [first] + $0 }
    }
  }

  @Test func paddingAndCroppingUndoEachOther() throws {
    let edges = Edges2D(top: 2, bottom: 1, left: 3, right: 0)
    let graph = try Sequential(input: [3, 4, 5]) {
      ZeroPadding2D(edges)
      Cropping2D(edges)
    }.graph
    let run = GraphRun(graph, batch: 3, keepsValues: true)
    run.run()
    #expect(run.outputs == run.inputs.view.array)
    #expect(relativeError(run.inputGradient, run.outputGradient) < 1e-6)
    let padded = run.workspace.value(ValueID(1)).array
    #expect(padded.count == 3 * 6 * 7 * 5)
    // All that is not the image is zero.
    let inside = run.inputs.view.array.filter { $0 != 0 }
    #expect(padded.filter { $0 != 0 } == inside)
  }

  @Test func reshapingMovesNothing() throws {
    let graph = try Sequential(input: [3, 4, 5]) { Reshape([-1, 10]) }.graph
    #expect(graph.outputShape == [6, 10])
    let run = GraphRun(graph, batch: 3)
    run.run()
    #expect(run.outputs == run.inputs.view.array)
  }
}
