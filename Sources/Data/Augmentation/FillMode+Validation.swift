internal import PinionTensor

extension FillMode {
  /// Throws ``DatasetError`` if the constant is not finite: a weight of zero would not keep NaN out of the
  /// image.
  func validate() throws(DatasetError) {
    guard case .constant(let value) = self, !value.isFinite else { return }
    throw DatasetError(
      place: "the constant outside the image", expected: "a finite number", found: "\(value)")
  }
}
