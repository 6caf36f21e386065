import PinionTensor
import Testing

@testable import PinionLayers

/// A place in the grid of shapes on which window kernels are compared with their twins.
struct WindowCase: CustomTestStringConvertible {
  static let sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 28]
  static let kernels: [Size2D] = [1, 2, 3, 4, 5, Size2D(3, 2)]
  static let strides: [Size2D] = [1, 2, Size2D(1, 2), 3]
  static let channels = [1, 3, 7, 16, 33]
  static let batches = [1, 2, 33]
  /// Multiplications that a twin may take for one case, so that the grid takes seconds.
  private static let work = 2_000_000
  /// Cases of each combination of kernel, stride and padding.
  private static let samples = 8

  let geometry: WindowGeometry
  let filters: Int
  let images: Int

  var testDescription: String {
    "\(images)×(\(geometry.inputHeight), \(geometry.inputWidth), \(geometry.channels)) ∗ "
      + "\(geometry.kernel)/\(geometry.stride) at \(geometry.padTop), \(geometry.padLeft) → "
      + "\(filters)"
  }

  /// Every kernel with every stride and padding, on sampled sizes, channels and batches.
  static let grid: [WindowCase] = {
    var choices = Choices("windows")
    var cases: [WindowCase] = []
    for kernel in kernels {
      for stride in strides {
        for padding in Padding.allCases {
          let first = cases.count
          while cases.count < first + samples {
            let input: Shape = [choices.pick(sizes), choices.pick(sizes), choices.pick(channels)]
            let (filters, images) = (choices.pick(channels), choices.pick(batches))
            guard
              let geometry = try? WindowGeometry(
                input: input, kernel: kernel, stride: stride, padding: padding, window: "kernel"),
              images * geometry.outputPixels * geometry.windowSize * filters <= work
            else { continue }
            cases.append(WindowCase(geometry: geometry, filters: filters, images: images))
          }
        }
      }
    }
    return cases
  }()

  var inputCount: Int { images * geometry.inputSize }
  var outputRows: Int { images * geometry.outputHeight }
  var outputPixels: Int { images * geometry.outputPixels }
  var kernelCount: Int { geometry.windowSize * filters }
}

@Suite struct WindowCaseTests {
  @Test func theGridHasEverySize() {
    let grid = WindowCase.grid
    #expect(Set(grid.map(\.geometry.inputHeight)) == Set(WindowCase.sizes))
    #expect(Set(grid.map(\.geometry.inputWidth)) == Set(WindowCase.sizes))
    #expect(Set(grid.map(\.geometry.channels)) == Set(WindowCase.channels))
    #expect(Set(grid.map(\.filters)) == Set(WindowCase.channels))
    #expect(Set(grid.map(\.images)) == Set(WindowCase.batches))
    #expect(grid.contains { $0.geometry.padTop > 0 && $0.geometry.padLeft > 0 })
  }
}
