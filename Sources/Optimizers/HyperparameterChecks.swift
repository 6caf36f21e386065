internal import PinionTensor

extension ArgumentError {
  /// Throws unless `holds`. `place` is the type and the property, such as `Adam.beta1`.
  static func check(
    _ holds: Bool, _ place: String, _ expected: String, found: some CustomStringConvertible
  ) throws(ArgumentError) {
    guard !holds else { return }
    throw ArgumentError(place: place, expected: expected, found: "\(found)")
  }

  /// Throws unless a rate is finite and at least 0.
  static func checkRate(_ rate: Double, _ place: String) throws(ArgumentError) {
    try check(rate.isFinite && rate >= 0, place, "a finite number, at least 0", found: rate)
  }

  static func checkPositive(_ value: Double, _ place: String) throws(ArgumentError) {
    try check(value.isFinite && value > 0, place, "a finite number, positive", found: value)
  }

  static func checkSteps(_ steps: Int, _ place: String) throws(ArgumentError) {
    try check(steps > 0, place, "a positive number", found: steps)
  }

  /// Throws unless 0 ≤ decay < 1.
  static func checkDecay(_ decay: Double, _ place: String) throws(ArgumentError) {
    try check(decay >= 0 && decay < 1, place, "at least 0 and less than 1", found: decay)
  }

  /// Throws unless ε is still positive as a float with denormals flushed.
  static func checkEpsilon(_ epsilon: Double, _ place: String) throws(ArgumentError) {
    let smallest = Double(Float.leastNormalMagnitude)
    try check(
      epsilon >= smallest && epsilon.isFinite, place, "a finite number, at least \(smallest)",
      found: epsilon)
  }
}
