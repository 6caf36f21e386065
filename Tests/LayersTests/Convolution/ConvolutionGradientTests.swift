import PinionTensor
import Testing

@testable import PinionLayers

/// The gradient check on all convolutions but the plain ``Conv2D``.
@Suite struct ConvolutionGradientTests {
  private static let steps: [(stride: Size2D, dilation: Size2D)] = [
    (1, 1), (2, 1), (1, 2), (Size2D(1, 2), 1), (1, Size2D(2, 1)),
  ]

  @Test(arguments: Padding.allCases, [1, 2]) func depthwise(
    padding: Padding, multiplier: Int
  ) throws {
    for kernel: Size2D in [1, 2, 3, Size2D(3, 2)] {
      for (stride, dilation) in Self.steps {
        let layer = DepthwiseConv2D(
          kernel: kernel, stride: stride, padding: padding, depthMultiplier: multiplier,
          dilation: dilation, activation: .tanh)
        try expectPassed(checkGradients(of: layer, input: [7, 5, 3]))
      }
    }
    let wide = DepthwiseConv2D(kernel: 3, padding: padding, depthMultiplier: multiplier)
    try expectPassed(checkGradients(of: wide, input: [4, 5, 16], batch: 1))
  }

  @Test(arguments: Padding.allCases, [1, 2]) func dilatedAndGrouped(
    padding: Padding, groups: Int
  ) throws {
    for kernel: Size2D in [1, 2, 3, Size2D(3, 2)] {
      for (stride, dilation) in Self.steps {
        let layer = Conv2D(
          6, kernel: kernel, stride: stride, padding: padding, dilation: dilation, groups: groups,
          activation: .tanh)
        try expectPassed(checkGradients(of: layer, input: [7, 5, 4]))
      }
    }
    let direct = Conv2D(
      6, kernel: 2, padding: padding, dilation: 2, groups: groups, algorithm: .direct)
    try expectPassed(checkGradients(of: direct, input: [4, 5, 4]))
  }

  @Test(arguments: Padding.allCases, [1, 2]) func separable(
    padding: Padding, multiplier: Int
  ) throws {
    for (stride, dilation) in Self.steps {
      let layer = SeparableConv2D(
        4, kernel: Size2D(3, 2), stride: stride, padding: padding, depthMultiplier: multiplier,
        dilation: dilation, activation: .tanh)
      try expectPassed(checkGradients(of: layer, input: [7, 5, 3]))
    }
  }

  @Test(arguments: Padding.allCases, [1, 3]) func transposed(padding: Padding, batch: Int) throws {
    for kernel: Size2D in [1, 2, 3, Size2D(4, 2)] {
      for stride: Size2D in [1, 2, Size2D(1, 3)] {
        let layer = Conv2DTranspose(
          3, kernel: kernel, stride: stride, padding: padding, activation: .tanh)
        try expectPassed(checkGradients(of: layer, input: [3, 4, 2], batch: batch))
      }
    }
    let padded = Conv2DTranspose(
      3, kernel: 3, stride: 3, padding: padding, outputPadding: Size2D(2, 0))
    try expectPassed(checkGradients(of: padded, input: [3, 2, 2], batch: batch))
  }

  private func expectPassed(_ check: GradientCheckResult) {
    #expect(check.isPassed, "\(check)")
  }
}
