// Elementwise operators. Shapes are broadcast as in NumPy: aligned at the last axis, missing axes
// count as 1, and sizes of 1 stretch to the other's. Other shapes trap with a message that shows
// both.

extension TensorOf where Scalar: RealScalar {
  public static func + (left: Self, right: Self) -> Self { combine(.add, left, right) }

  public static func + (left: Self, right: Scalar) -> Self { combine(.add, left, Self(right)) }

  public static func + (left: Scalar, right: Self) -> Self { combine(.add, Self(left), right) }

  /// The right shape is broadcast to the left one.
  public static func += (left: inout Self, right: Self) { left.combineInPlace(.add, right) }

  public static func += (left: inout Self, right: Scalar) {
    left.combineInPlace(.add, Self(right))
  }

  public static func - (left: Self, right: Self) -> Self { combine(.subtract, left, right) }

  public static func - (left: Self, right: Scalar) -> Self { combine(.subtract, left, Self(right)) }

  public static func - (left: Scalar, right: Self) -> Self { combine(.subtract, Self(left), right) }

  /// The right shape is broadcast to the left one.
  public static func -= (left: inout Self, right: Self) { left.combineInPlace(.subtract, right) }

  public static func -= (left: inout Self, right: Scalar) {
    left.combineInPlace(.subtract, Self(right))
  }

  public static func * (left: Self, right: Self) -> Self { combine(.multiply, left, right) }

  public static func * (left: Self, right: Scalar) -> Self { combine(.multiply, left, Self(right)) }

  public static func * (left: Scalar, right: Self) -> Self { combine(.multiply, Self(left), right) }

  /// The right shape is broadcast to the left one.
  public static func *= (left: inout Self, right: Self) { left.combineInPlace(.multiply, right) }

  public static func *= (left: inout Self, right: Scalar) {
    left.combineInPlace(.multiply, Self(right))
  }

  public static func / (left: Self, right: Self) -> Self { combine(.divide, left, right) }

  public static func / (left: Self, right: Scalar) -> Self { combine(.divide, left, Self(right)) }

  public static func / (left: Scalar, right: Self) -> Self { combine(.divide, Self(left), right) }

  /// The right shape is broadcast to the left one.
  public static func /= (left: inout Self, right: Self) { left.combineInPlace(.divide, right) }

  public static func /= (left: inout Self, right: Scalar) {
    left.combineInPlace(.divide, Self(right))
  }

  public static prefix func - (tensor: Self) -> Self { tensor.apply(.negate) }
}

// Comparisons of elements, which give masks. Shapes are broadcast as in NumPy. The operators are
// those of Swift's SIMD vectors, since `==` compares whole tensors.

/// A comparison of two numbers.
enum Comparison {
  case less, lessOrEqual, equal, unequal

  @inline(__always)
  fileprivate func compare<Real: LoopScalar>(
    _ left: TensorOf<Real>, _ right: TensorOf<Real>
  ) -> Mask {
    let kernel = unsafe Real.comparisonKernel(self)
    return unsafe TensorOf.combine(left, right, "comparing") {
      left, step, right, otherStep, result, count in
      let bytes = unsafe UnsafeMutableRawPointer(result).assumingMemoryBound(to: UInt8.self)
      unsafe kernel(left, step, right, otherStep, bytes, count)
    }
  }

  fileprivate func compare(_ left: IndexTensor, _ right: IndexTensor) -> Mask {
    switch self {
    case .less: IndexTensor.combine(left, right, "comparing") { $0 < $1 }
    case .lessOrEqual: IndexTensor.combine(left, right, "comparing") { $0 <= $1 }
    case .equal: IndexTensor.combine(left, right, "comparing") { $0 == $1 }
    case .unequal: IndexTensor.combine(left, right, "comparing") { $0 != $1 }
    }
  }
}

extension TensorOf where Scalar: Comparable {
  public static func .< (left: Self, right: Self) -> Mask { compare(.less, left, right) }
  public static func .< (left: Self, right: Scalar) -> Mask { compare(.less, left, Self(right)) }
  public static func .< (left: Scalar, right: Self) -> Mask { compare(.less, Self(left), right) }

  public static func .<= (left: Self, right: Self) -> Mask { compare(.lessOrEqual, left, right) }
  public static func .<= (left: Self, right: Scalar) -> Mask {
    compare(.lessOrEqual, left, Self(right))
  }
  public static func .<= (left: Scalar, right: Self) -> Mask {
    compare(.lessOrEqual, Self(left), right)
  }

  public static func .> (left: Self, right: Self) -> Mask { compare(.less, right, left) }
  public static func .> (left: Self, right: Scalar) -> Mask { compare(.less, Self(right), left) }
  public static func .> (left: Scalar, right: Self) -> Mask { compare(.less, right, Self(left)) }

  public static func .>= (left: Self, right: Self) -> Mask { compare(.lessOrEqual, right, left) }
  public static func .>= (left: Self, right: Scalar) -> Mask {
    compare(.lessOrEqual, Self(right), left)
  }
  public static func .>= (left: Scalar, right: Self) -> Mask {
    compare(.lessOrEqual, right, Self(left))
  }

  /// False where either is NaN.
  public static func .== (left: Self, right: Self) -> Mask { compare(.equal, left, right) }
  public static func .== (left: Self, right: Scalar) -> Mask { compare(.equal, left, Self(right)) }

  /// True where either is NaN.
  public static func .!= (left: Self, right: Self) -> Mask { compare(.unequal, left, right) }
  public static func .!= (left: Self, right: Scalar) -> Mask {
    compare(.unequal, left, Self(right))
  }

  fileprivate static func compare(_ comparison: Comparison, _ left: Self, _ right: Self) -> Mask {
    if Scalar.self == Float.self {
      return comparison.compare(left.viewed(as: Float.self), right.viewed(as: Float.self))
    }
    if Scalar.self == Double.self {
      return comparison.compare(left.viewed(as: Double.self), right.viewed(as: Double.self))
    }
    return comparison.compare(left.viewed(as: Int32.self), right.viewed(as: Int32.self))
  }
}

extension TensorOf where Scalar: RealScalar {
  /// True where elements are NaN.
  public func isNaN() -> Mask { self .!= self }

  /// True where elements are neither NaN nor infinite.
  public func isFinite() -> Mask {
    Scalar.self == Float.self
      ? viewed(as: Float.self).finite() : viewed(as: Double.self).finite()
  }
}

extension TensorOf where Scalar: LoopScalar {
  @inline(__always)
  fileprivate func finite() -> Mask {
    Mask(writing: shape) { result in
      read {
        unsafe Scalar.areFinite($0.base, count: $0.count, result.rebound(to: UInt8.self).base)
      }
    }
  }
}
