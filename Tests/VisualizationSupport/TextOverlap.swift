package import PinionVisualization

/// Pairs of texts with overlapping boxes, and texts outside of the drawing.
package func textFaults(of drawing: Drawing) -> [String] {
  var faults: [String] = []
  let texts = drawing.texts
  for (index, text) in texts.enumerated() {
    for corner in text.corners
    where corner.x < -0.5 || corner.x > drawing.width + 0.5 || corner.y < -0.5
      || corner.y > drawing.height + 0.5
    {
      faults.append("\"\(text.text)\" leaves the drawing at \(corner)")
      break
    }
    for other in texts[(index + 1)...] where overlap(text.corners, other.corners) {
      faults.append("\"\(text.text)\" overlaps \"\(other.text)\"")
    }
  }
  return faults
}

/// Whether two rectangles, possibly rotated, overlap by more than a small tolerance
/// (separating-axis test).
private func overlap(_ left: [Point], _ right: [Point]) -> Bool {
  for (a, b) in [
    (left[0], left[1]), (left[1], left[2]), (right[0], right[1]), (right[1], right[2]),
  ] {
    let length = ((b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y)).squareRoot()
    func span(_ corners: [Point]) -> (Double, Double) {
      let places = corners.map { ($0.x * (b.x - a.x) + $0.y * (b.y - a.y)) / length }
      return (places.min() ?? 0, places.max() ?? 0)
    }
    let (one, two) = (span(left), span(right))
    if one.1 <= two.0 + 0.01 || two.1 <= one.0 + 0.01 { return false }
  }
  return true
}
