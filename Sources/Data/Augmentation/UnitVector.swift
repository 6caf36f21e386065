internal import Glibc

/// The cosine and the sine of an angle, exact at whole quarters of a turn, so that such rotations move
/// pixels as they are.
struct UnitVector {
  let cosine: Double
  let sine: Double

  init(degrees: Double) {
    let quarters = degrees / 90
    if quarters.rounded() == quarters {
      switch Int(quarters) & 3 {
      case 0: (cosine, sine) = (1, 0)
      case 1: (cosine, sine) = (0, 1)
      case 2: (cosine, sine) = (-1, 0)
      default: (cosine, sine) = (0, -1)
      }
    } else {
      let angle = degrees * Double.pi / 180
      (cosine, sine) = (cos(angle), sin(angle))
    }
  }
}
