internal import PinionTensor

extension Double {
  /// The number with `digits` digits behind the point, correctly rounded, ties to even, as C's and Python's `%.4f`.
  ///
  /// For numbers from 0 to 1 and up to 15 digits, where the scaled integer is exact.
  func fixed(digits: Int) -> String {
    require(self >= 0 && self <= 1 && (0...15).contains(digits), "\(self), \(digits) digits")
    let scale = (0..<digits).reduce(1) { power, _ in power * 10 }
    let product = self * Double(scale)
    var rounded = product.rounded(.toNearestOrEven)
    // What the product's own rounding lost decides where it seems to lie halfway.
    let lost = (-product).addingProduct(self, Double(scale))
    if product - product.rounded(.down) == 0.5, lost != 0 {
      rounded = product.rounded(lost > 0 ? .up : .down)
    }
    let integer = Int(rounded)
    guard digits > 0 else { return String(integer) }
    let fraction = String(integer % scale)
    let zeros = String(repeating: "0", count: digits - fraction.count)
    return "\(integer / scale).\(zeros)\(fraction)"
  }
}
