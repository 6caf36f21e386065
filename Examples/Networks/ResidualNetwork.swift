internal import Pinion

/// Residual networks (He et al. 2016) for small images and few parameters.
enum ResidualNetwork {
  /// A 3 × 3 convolution, then three stages of blocks of two 3 × 3 convolutions.
  ///
  /// A shortcut to another shape averages 2 × 2 pixels before its 1 × 1 convolution, as He et al.
  /// 2018 (arXiv:1812.01187).
  ///
  /// - Parameters:
  ///   - widths: The filters of each stage.
  ///   - blocks: In each stage.
  static func graph(input: Shape, classes: Int, widths: [Int], blocks: Int) throws -> Graph {
    let image = Input(input)
    var x = Activation(.relu)(convolution(widths[0], image))
    for (stage, filters) in widths.enumerated() {
      for block in 0..<blocks {
        let narrows = stage > 0 && block == 0
        let y = Activation(.relu)(convolution(filters, stride: narrows ? 2 : 1, x))
        let shortcut =
          narrows ? convolution(filters, kernel: 1, AveragePool2D(padding: .same)(x)) : x
        x = Activation(.relu)(Add()(convolution(filters, y), shortcut))
      }
    }
    x = GlobalAveragePooling2D()(x)
    return try Graph(
      input: image, output: Dense(classes, activation: .softmax)(x), name: "residual")
  }

  /// A convolution without a bias, and a batch normalization.
  private static func convolution(
    _ filters: Int, kernel: Size2D = 3, stride: Size2D = 1, _ x: SymbolicTensor
  ) -> SymbolicTensor {
    BatchNormalization(momentum: 0.9)(
      Conv2D(
        filters, kernel: kernel, stride: stride, padding: .same, usesBias: false,
        kernelInitializer: .heNormal)(x))
  }
}
