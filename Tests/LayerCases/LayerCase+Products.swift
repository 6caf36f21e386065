internal import PinionLayers
internal import PinionTensor

/// Dense layers and convolutions.
extension LayerCase {
  private static func dense(
    _ units: Int, _ activation: some ActivationFunction, usesBias: Bool = true
  ) -> Dense {
    Dense(units, activation: activation, usesBias: usesBias)
  }

  static let products: [LayerCase] = {
    var rows = [
      LayerCase(Dense(4), [1], batch: 1),
      LayerCase(Dense(1, activation: .relu, usesBias: false), [9]),
      LayerCase(Dense(10, activation: .softmax), [6], batch: 33),
      LayerCase(Dense(3, activation: .tanh), [4, 5]),
    ]
    for function in functions { rows.append(LayerCase(dense(5, function), [7], batch: 3)) }
    return rows
  }()

  static let convolutions: [LayerCase] = plainConvolutions + dilatedConvolutions

  private static let plainConvolutions: [LayerCase] = [
    LayerCase(Conv2D(4, kernel: 3, padding: .same), [5, 7, 3]),
    LayerCase(Conv2D(4, kernel: 3), [5, 7, 3]),
    LayerCase(Conv2D(4, kernel: 3, stride: 2, padding: .same), [5, 7, 3]),
    LayerCase(Conv2D(4, kernel: 3, stride: 2), [5, 7, 3]),
    LayerCase(Conv2D(2, kernel: 3, stride: 2, padding: .same), [6, 8, 3]),
    LayerCase(Conv2D(2, kernel: 3, stride: Size2D(1, 2), padding: .same), [5, 7, 3]),
    LayerCase(Conv2D(2, kernel: 3, stride: Size2D(1, 2)), [5, 7, 3]),
    LayerCase(Conv2D(3, kernel: 1, padding: .same), [4, 4, 1], batch: 3),
    LayerCase(Conv2D(3, kernel: 1, stride: 2), [4, 5, 7], batch: 3),
    LayerCase(Conv2D(2, kernel: 2, padding: .same), [5, 6, 3], batch: 1),
    LayerCase(Conv2D(2, kernel: 2), [5, 6, 3], batch: 1),
    LayerCase(Conv2D(2, kernel: 2, stride: 2, padding: .same), [5, 7, 1]),
    LayerCase(Conv2D(2, kernel: 4, padding: .same), [4, 6, 3], batch: 1),
    LayerCase(
      Conv2D(2, kernel: Size2D(4, 2), stride: Size2D(2, 1), padding: .same), [7, 6, 1], batch: 1),
    LayerCase(Conv2D(3, kernel: 5, padding: .same), [7, 6, 1], batch: 1),
    LayerCase(Conv2D(3, kernel: 5), [7, 6, 1]),
    LayerCase(Conv2D(3, kernel: 5, stride: 2, padding: .same), [7, 9, 1], batch: 1),
    LayerCase(Conv2D(2, kernel: Size2D(3, 2), padding: .same), [5, 7, 3]),
    LayerCase(Conv2D(2, kernel: Size2D(3, 2), stride: Size2D(1, 2)), [5, 7, 3]),
    LayerCase(Conv2D(5, kernel: 3, padding: .same), [4, 5, 7], batch: 1),
    LayerCase(Conv2D(3, kernel: 3, padding: .same), [4, 4, 16], batch: 1),
    LayerCase(Conv2D(2, kernel: 2), [5, 5, 16], batch: 1),
    LayerCase(Conv2D(16, kernel: 3, padding: .same), [4, 5, 3], batch: 1),
    LayerCase(Conv2D(2, kernel: 5, padding: .same), [2, 2, 3], batch: 1),
    LayerCase(Conv2D(2, kernel: 3, padding: .same), [1, 1, 3]),
    LayerCase(Conv2D(8, kernel: 3, padding: .same, activation: .relu), [5, 7, 3]),
    LayerCase(Conv2D(8, kernel: 3, stride: 2, activation: .relu), [5, 7, 3]),
    LayerCase(Conv2D(3, kernel: 3, padding: .same, activation: .tanh), [5, 4, 3]),
    LayerCase(Conv2D(4, kernel: 3, padding: .same, activation: .gelu), [5, 6, 3]),
    LayerCase(
      Conv2D(3, kernel: 2, padding: .same, activation: .relu, usesBias: false), [5, 4, 3]),
    LayerCase(Conv2D(2, kernel: 3, padding: .same, usesBias: false), [4, 4, 1], batch: 3),
  ]

  /// Dilations and groups.
  private static let dilatedConvolutions: [LayerCase] = {
    var rows = [
      LayerCase(Conv2D(6, kernel: 2, dilation: 2, groups: 3, usesBias: false), [5, 6, 3])
    ]
    let dilations = [Size2D(2, 2), Size2D(1, 2), Size2D(3, 1)]
    for padding in Padding.allCases {
      for dilation in dilations {
        for kernel in [Size2D(3), Size2D(2)] {
          let layer = Conv2D(3, kernel: kernel, padding: padding, dilation: dilation)
          rows.append(LayerCase(layer, [7, 6, 2], batch: 1))
        }
      }
      for (groups, channels, filters) in [(2, 4, 6), (3, 3, 3), (3, 6, 3), (4, 4, 8)] {
        let layer = Conv2D(filters, kernel: Size2D(3, 2), padding: padding, groups: groups)
        rows.append(LayerCase(layer, [4, 5, channels]))
      }
      rows += [
        LayerCase(
          Conv2D(
            4, kernel: 3, stride: Size2D(2, 1), padding: padding, groups: 2, activation: .relu),
          [5, 7, 6], batch: 1),
        LayerCase(
          Conv2D(
            4, kernel: Size2D(3, 2), padding: padding, dilation: Size2D(2, 1), groups: 2),
          [7, 6, 4], batch: 1),
        LayerCase(
          Conv2D(4, kernel: 1, padding: padding, groups: 2, activation: .tanh), [3, 4, 6]),
      ]
    }
    return rows
  }()

  /// Depthwise and separable convolutions. Keras takes no strides that differ there.
  static let depthwise: [LayerCase] = {
    var rows = [
      LayerCase(
        DepthwiseConv2D(kernel: 3, padding: .same, activation: .relu), [5, 4, 16], batch: 1),
      LayerCase(
        DepthwiseConv2D(kernel: 3, padding: .same, activation: .tanh), [5, 4, 17], batch: 1),
      LayerCase(
        DepthwiseConv2D(kernel: 3, padding: .same, depthMultiplier: 2, usesBias: false),
        [5, 4, 8], batch: 1),
      LayerCase(
        DepthwiseConv2D(kernel: 3, padding: .same, depthMultiplier: 4, activation: .relu),
        [5, 6, 1]),
      LayerCase(
        DepthwiseConv2D(kernel: 3, stride: 2, padding: .same, depthMultiplier: 2), [5, 6, 3]),
      LayerCase(DepthwiseConv2D(kernel: 2, dilation: Size2D(2, 1), activation: .silu), [5, 6, 3]),
      LayerCase(
        SeparableConv2D(5, kernel: 3, padding: .same, depthMultiplier: 2, activation: .relu),
        [4, 5, 3]),
      LayerCase(
        SeparableConv2D(3, kernel: 3, padding: .same, depthMultiplier: 3, usesBias: false),
        [5, 4, 2]),
      LayerCase(SeparableConv2D(3, kernel: 3, stride: 2, activation: .tanh), [5, 4, 16], batch: 1),
      LayerCase(SeparableConv2D(4, kernel: 3, dilation: 2, activation: .tanh), [6, 7, 3]),
    ]
    let sizes: [(kernel: Size2D, stride: Size2D, dilation: Size2D)] = [
      (3, 1, 1), (3, 2, 1), (Size2D(4, 2), 2, 1), (Size2D(3, 2), 1, Size2D(2, 1)),
      (Size2D(2, 3), 1, Size2D(2, 3)), (1, 1, 1),
    ]
    for padding in Padding.allCases {
      for (kernel, stride, dilation) in sizes {
        for (channels, multiplier) in [(3, 1), (2, 3)] {
          let layer = DepthwiseConv2D(
            kernel: kernel, stride: stride, padding: padding, depthMultiplier: multiplier,
            dilation: dilation)
          rows.append(LayerCase(layer, [5, 7, channels], batch: 1))
        }
        let layer = SeparableConv2D(
          2, kernel: kernel, stride: stride, padding: padding, dilation: dilation)
        rows.append(LayerCase(layer, [5, 7, 3], batch: 1))
      }
    }
    return rows
  }()

  static let transposed: [LayerCase] = {
    var rows = [
      LayerCase(
        Conv2DTranspose(2, kernel: 2, stride: 3, outputPadding: 1, activation: .elu), [3, 4, 2])
    ]
    for padding in Padding.allCases {
      for kernel in [Size2D(1), Size2D(2), Size2D(3), Size2D(4), Size2D(3, 2)] {
        for stride in [Size2D(1), Size2D(2), Size2D(3), Size2D(2, 1)] {
          let layer = Conv2DTranspose(3, kernel: kernel, stride: stride, padding: padding)
          rows.append(LayerCase(layer, [3, 2, 2], batch: 1))
        }
      }
      rows += [
        LayerCase(
          Conv2DTranspose(
            2, kernel: 3, stride: 2, padding: padding, outputPadding: Size2D(0, 1),
            activation: .relu), [3, 4, 3]),
        LayerCase(
          Conv2DTranspose(
            2, kernel: Size2D(3, 5), stride: Size2D(3, 2), padding: padding,
            outputPadding: Size2D(2, 0), usesBias: false), [3, 4, 3]),
        LayerCase(
          Conv2DTranspose(
            2, kernel: Size2D(2, 4), stride: Size2D(3, 2), padding: padding, outputPadding: 1,
            activation: .tanh), [3, 4, 2], batch: 1),
      ]
    }
    return rows
  }()
}
