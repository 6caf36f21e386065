internal import Glibc

/// A turn about the origin, against the clock as seen on the screen, whose y grows downwards.
struct Rotation {
  private let cosine: Double
  private let sine: Double

  init(degrees: Int) {
    let radians = Double(degrees) * .pi / 180
    cosine = cos(radians)
    sine = sin(radians)
  }

  func applied(to point: Point) -> Point {
    Point(point.x * cosine + point.y * sine, point.y * cosine - point.x * sine)
  }
}
