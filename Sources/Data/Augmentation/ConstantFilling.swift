/// A step that may put one value in the place of pixels.
protocol ConstantFilling: AugmentationStep {
  /// The value, or nil if the step puts none.
  var constant: Float? { get }
}

extension ConstantFilling where Self: GeometricAugmentation {
  var constant: Float? {
    guard case .constant(let value)? = sampling.fill else { return nil }
    return value
  }
}

extension RandomRotation: ConstantFilling {}
extension RandomZoom: ConstantFilling {}
extension RandomShear: ConstantFilling {}
extension RandomTranslation: ConstantFilling {}
extension PadAndCrop: ConstantFilling {}
extension Cutout: ConstantFilling {
  var constant: Float? { value }
}
