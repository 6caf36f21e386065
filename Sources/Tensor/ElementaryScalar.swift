internal import CPinionKernels
internal import Glibc

/// The C library's functions of `Float` and of `Double`, for loops that are generic over both.
/// Tensors of `Float` use the kernels of pinion_elementary.h instead.
protocol ElementaryScalar: LoopScalar {
  static func exp(_ x: Self) -> Self
  static func expm1(_ x: Self) -> Self
  static func log(_ x: Self) -> Self
  static func log1p(_ x: Self) -> Self
  static func log2(_ x: Self) -> Self
  static func log10(_ x: Self) -> Self
  static func sin(_ x: Self) -> Self
  static func cos(_ x: Self) -> Self
  static func tan(_ x: Self) -> Self
  static func asin(_ x: Self) -> Self
  static func acos(_ x: Self) -> Self
  static func atan(_ x: Self) -> Self
  static func sinh(_ x: Self) -> Self
  static func cosh(_ x: Self) -> Self
  static func tanh(_ x: Self) -> Self
  static func pow(_ x: Self, _ y: Self) -> Self
  static func atan2(_ x: Self, _ y: Self) -> Self
  static func fmod(_ x: Self, _ y: Self) -> Self
  /// The largest of at least one number, NaN if one is NaN.
  static func largest(_ numbers: UnsafePointer<Self>, count: Int) -> Self
  /// The smallest of at least one number, NaN if one is NaN.
  static func smallest(_ numbers: UnsafePointer<Self>, count: Int) -> Self
  /// The position of the first number that is `value`, or of the first NaN if that is NaN.
  static func first(_ value: Self, in numbers: UnsafePointer<Self>, count: Int) -> Int
}

extension Float: ElementaryScalar {
  @inline(__always) static func exp(_ x: Float) -> Float { Glibc.expf(x) }
  @inline(__always) static func expm1(_ x: Float) -> Float { Glibc.expm1f(x) }
  @inline(__always) static func log(_ x: Float) -> Float { Glibc.logf(x) }
  @inline(__always) static func log1p(_ x: Float) -> Float { Glibc.log1pf(x) }
  @inline(__always) static func log2(_ x: Float) -> Float { Glibc.log2f(x) }
  @inline(__always) static func log10(_ x: Float) -> Float { Glibc.log10f(x) }
  @inline(__always) static func sin(_ x: Float) -> Float { Glibc.sinf(x) }
  @inline(__always) static func cos(_ x: Float) -> Float { Glibc.cosf(x) }
  @inline(__always) static func tan(_ x: Float) -> Float { Glibc.tanf(x) }
  @inline(__always) static func asin(_ x: Float) -> Float { Glibc.asinf(x) }
  @inline(__always) static func acos(_ x: Float) -> Float { Glibc.acosf(x) }
  @inline(__always) static func atan(_ x: Float) -> Float { Glibc.atanf(x) }
  @inline(__always) static func sinh(_ x: Float) -> Float { Glibc.sinhf(x) }
  @inline(__always) static func cosh(_ x: Float) -> Float { Glibc.coshf(x) }
  @inline(__always) static func tanh(_ x: Float) -> Float { Glibc.tanhf(x) }
  @inline(__always) static func pow(_ x: Float, _ y: Float) -> Float { Glibc.powf(x, y) }
  @inline(__always) static func atan2(_ x: Float, _ y: Float) -> Float { Glibc.atan2f(x, y) }
  @inline(__always) static func fmod(_ x: Float, _ y: Float) -> Float { Glibc.fmodf(x, y) }
  static func largest(_ numbers: UnsafePointer<Float>, count: Int) -> Float {
    unsafe pinion_largest_float(numbers, count)
  }
  static func smallest(_ numbers: UnsafePointer<Float>, count: Int) -> Float {
    unsafe pinion_smallest_float(numbers, count)
  }
  static func first(_ value: Float, in numbers: UnsafePointer<Float>, count: Int) -> Int {
    unsafe pinion_first_float(numbers, count, value)
  }
}

extension Double: ElementaryScalar {
  @inline(__always) static func exp(_ x: Double) -> Double { Glibc.exp(x) }
  @inline(__always) static func expm1(_ x: Double) -> Double { Glibc.expm1(x) }
  @inline(__always) static func log(_ x: Double) -> Double { Glibc.log(x) }
  @inline(__always) static func log1p(_ x: Double) -> Double { Glibc.log1p(x) }
  @inline(__always) static func log2(_ x: Double) -> Double { Glibc.log2(x) }
  @inline(__always) static func log10(_ x: Double) -> Double { Glibc.log10(x) }
  @inline(__always) static func sin(_ x: Double) -> Double { Glibc.sin(x) }
  @inline(__always) static func cos(_ x: Double) -> Double { Glibc.cos(x) }
  @inline(__always) static func tan(_ x: Double) -> Double { Glibc.tan(x) }
  @inline(__always) static func asin(_ x: Double) -> Double { Glibc.asin(x) }
  @inline(__always) static func acos(_ x: Double) -> Double { Glibc.acos(x) }
  @inline(__always) static func atan(_ x: Double) -> Double { Glibc.atan(x) }
  @inline(__always) static func sinh(_ x: Double) -> Double { Glibc.sinh(x) }
  @inline(__always) static func cosh(_ x: Double) -> Double { Glibc.cosh(x) }
  @inline(__always) static func tanh(_ x: Double) -> Double { Glibc.tanh(x) }
  @inline(__always) static func pow(_ x: Double, _ y: Double) -> Double { Glibc.pow(x, y) }
  @inline(__always) static func atan2(_ x: Double, _ y: Double) -> Double { Glibc.atan2(x, y) }
  @inline(__always) static func fmod(_ x: Double, _ y: Double) -> Double { Glibc.fmod(x, y) }
  static func largest(_ numbers: UnsafePointer<Double>, count: Int) -> Double {
    unsafe pinion_largest_double(numbers, count)
  }
  static func smallest(_ numbers: UnsafePointer<Double>, count: Int) -> Double {
    unsafe pinion_smallest_double(numbers, count)
  }
  static func first(_ value: Double, in numbers: UnsafePointer<Double>, count: Int) -> Int {
    unsafe pinion_first_double(numbers, count, value)
  }
}

extension ElementaryScalar {
  /// NaN if either is.
  @inline(__always)
  static func greater(_ left: Self, _ right: Self) -> Self {
    left > right || left.isNaN ? left : right
  }

  /// NaN if either is.
  @inline(__always)
  static func smaller(_ left: Self, _ right: Self) -> Self {
    left < right || left.isNaN ? left : right
  }

  /// The remainder with the sign of the divisor.
  @inline(__always)
  static func floorRemainder(_ left: Self, _ right: Self) -> Self {
    let rest = fmod(left, right)
    if rest == 0 { return Self(signOf: right, magnitudeOf: rest) }
    return (rest < 0) != (right < 0) ? rest + right : rest
  }
}
