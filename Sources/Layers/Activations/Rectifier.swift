internal import CPinionKernels
internal import PinionTensor

/// The loops of functions with a slope below zero: f(z) = z for z > 0, a·z for z < 0.
enum Rectifier {
  /// Replaces z by f(z).
  static func apply(slope: Float, to values: MemoryView<Float>) {
    pinion_rectify(values.base, 1, values.count, nil, slope)
  }

  /// Replaces z by f(z + b), for rows as wide as the bias.
  static func apply(slope: Float, to values: MemoryView<Float>, bias: MemoryView<Float>) {
    let width = bias.count
    guard width > 0 else { return }
    require(values.count % width == 0, "values that are not whole rows")
    pinion_rectify(values.base, values.count / width, width, bias.base, slope)
  }

  /// Replaces dy by dy where y > 0, else a·dy.
  static func applyGradient(
    slope: Float, to gradient: MemoryView<Float>, values: MemoryView<Float>
  ) {
    require(gradient.count == values.count, "gradient and values differ in length")
    pinion_rectify_gradient(gradient.base, values.base, values.count, slope)
  }
}
