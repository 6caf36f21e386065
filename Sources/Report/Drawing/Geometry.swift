internal import Glibc

/// A place in a drawing: x to the right, y downwards, in CSS pixels.
struct Point: Sendable, Equatable {
  var x: Double
  var y: Double

  init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }
}

/// A rectangle with level sides.
struct Frame: Sendable, Equatable {
  var x: Double
  var y: Double
  var width: Double
  var height: Double

  var right: Double { x + width }
  var bottom: Double { y + height }
  var center: Point { Point(x + width / 2, y + height / 2) }
}

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
