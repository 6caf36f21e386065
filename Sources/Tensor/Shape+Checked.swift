extension Shape {
  /// The number of elements, or nil if a size is not positive or an `Int` cannot hold the product.
  package var checkedElementCount: Int? {
    var product = 1
    for size in dimensions {
      let (next, overflow) = product.multipliedReportingOverflow(by: size)
      guard size > 0, !overflow else { return nil }
      product = next
    }
    return product
  }
}
