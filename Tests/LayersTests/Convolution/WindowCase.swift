import PinionTensor
import Testing

@testable import PinionLayers

/// A case in the grid of shapes for which window kernels are compared with their twins.
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
  var groups = 1
  let images: Int

  var testDescription: String {
    "\(images)×(\(geometry.inputHeight), \(geometry.inputWidth), \(geometry.channels)) ∗ "
      + "\(geometry.kernel)/\(geometry.stride) by \(geometry.dilation) at \(geometry.padTop), \(geometry.padLeft) → "
      + "\(filters) in \(groups) groups"
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

  /// Every kernel with several dilations, strides and both paddings, in groups of all kinds.
  static let dilatedAndGrouped: [WindowCase] = {
    let steps: [(stride: Size2D, dilation: Size2D)] = [
      (1, 1), (1, 2), (1, Size2D(3, 1)), (1, Size2D(2, 3)), (2, 1), (Size2D(1, 2), 1), (3, 1),
    ]
    var choices = Choices("groups")
    var cases: [WindowCase] = []
    for kernel in kernels {
      for (stride, dilation) in steps {
        for padding in Padding.allCases {
          let first = cases.count
          while cases.count < first + samples {
            let groups = choices.pick(channels)
            // Every other one is depthwise.
            let channels = cases.count % 2 == 0 ? groups : groups * choices.pick([1, 2, 3, 16])
            let filters = groups * choices.pick([1, 1, 2, 5])
            let images = choices.pick([1, 2, 3])
            let input: Shape = [choices.pick(sizes), choices.pick(sizes), channels]
            guard
              let geometry = try? WindowGeometry(
                input: input, kernel: kernel, stride: stride, dilation: dilation,
                padding: padding, window: "kernel"),
              images * geometry.outputPixels * geometry.windowSize / groups * filters <= work / 10
            else { continue }
            cases.append(
              WindowCase(geometry: geometry, filters: filters, groups: groups, images: images))
          }
        }
      }
    }
    return cases
  }()

  /// Those with as many groups as channels.
  static let depthwise = dilatedAndGrouped.filter { $0.groups == $0.geometry.channels }

  var inputCount: Int { images * geometry.inputSize }
  var outputRows: Int { images * geometry.outputHeight }
  var outputPixels: Int { images * geometry.outputPixels }
  var kernelCount: Int { geometry.windowSize / groups * filters }

  /// The definition.
  var twin: NaiveConvolution {
    NaiveConvolution(geometry: geometry, filters: filters, groups: groups)
  }
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

  @Test func dilationsAndGroupsAreThere() {
    let depthwise = WindowCase.depthwise
    #expect(Set(depthwise.map(\.groups)) == Set(WindowCase.channels))
    #expect(depthwise.count > 200)
    #expect(depthwise.contains { $0.groups == 16 && $0.filters == 16 && $0.geometry.stride == 2 })
    #expect(depthwise.contains { $0.groups == 33 && $0.filters > 33 })
    #expect(depthwise.contains { $0.geometry.dilation == 2 && $0.geometry.padLeft > 1 })
    let grouped = WindowCase.dilatedAndGrouped.filter { $0.groups < $0.geometry.channels }
    #expect(grouped.count > 100)
    #expect(grouped.contains { $0.groups == 3 && $0.geometry.stride == 3 && $0.filters > 3 })
    #expect(grouped.contains { $0.groups == 1 && $0.geometry.dilation == Size2D(2, 3) })
    #expect(grouped.contains { $0.groups == 16 && $0.geometry.isPointwise })
  }
}
