internal import CPinionKernels

/// A function of two numbers that operators and functions of tensors apply to pairs of elements.
///
/// Generic code calls a function by its name here and thereby enters code that was compiled for
/// `Float` or for `Double`, with one loop for each.
enum BinaryFunction {
  case add, subtract, multiply, divide
  case power, maximum, minimum, arctangent, remainder

  @inline(__always)
  func combine<Real: ElementaryScalar>(
    _ left: TensorOf<Real>, _ right: TensorOf<Real>
  ) -> TensorOf<Real> {
    if let kernel = unsafe Real.pairKernel(self) {
      return unsafe TensorOf.combine(left, right, name, kernel)
    }
    return switch self {
    case .power: TensorOf.combine(left, right, name, Real.pow)
    case .arctangent: TensorOf.combine(left, right, name, Real.atan2)
    default: TensorOf.combine(left, right, name, Real.floorRemainder)
    }
  }

  @inline(__always)
  func combine<Real: ElementaryScalar>(_ left: inout TensorOf<Real>, with right: TensorOf<Real>) {
    guard let kernel = unsafe Real.pairKernel(self) else { return left = combine(left, right) }
    unsafe left.combineInPlace(right, name) { own, other, row in
      unsafe kernel(own, 1, other, row.right, own, row.size)
    }
  }

  /// The name in error messages.
  private var name: StaticString {
    switch self {
    case .add: "+"
    case .subtract: "-"
    case .multiply: "*"
    case .divide: "/"
    case .power: "pow"
    case .maximum: "maximum"
    case .minimum: "minimum"
    case .arctangent: "atan2"
    case .remainder: "remainder"
    }
  }
}

/// A function of one number that is applied to each element.
enum UnaryFunction {
  case negate, magnitude, squareRoot, square
  case exp, expm1, log, log1p, log2, log10
  case sin, cos, tan, arcsine, arccosine, arctangent, sinh, cosh, tanh
  case floor, ceil, round, truncate, sign

  /// The kernel of a function of floats, if there is one: f(x, count, y).
  fileprivate var kernel:
    (@convention(c) (UnsafePointer<Float>?, Int, UnsafeMutablePointer<Float>?) -> Void)?
  {
    switch self {
    case .exp: unsafe pinion_exp
    case .expm1: unsafe pinion_expm1
    case .log: unsafe pinion_log
    case .log1p: unsafe pinion_log1p
    case .log2: unsafe pinion_binary_logarithm
    case .log10: unsafe pinion_decimal_logarithm
    case .sin: unsafe pinion_sine
    case .cos: unsafe pinion_cosine
    case .tan: unsafe pinion_tangent
    case .negate: unsafe pinion_negate
    case .magnitude: unsafe pinion_magnitude
    case .arcsine: unsafe pinion_arcsine
    case .arccosine: unsafe pinion_arccosine
    case .arctangent: unsafe pinion_arctangent
    case .sinh: unsafe pinion_hyperbolic_sine
    case .cosh: unsafe pinion_hyperbolic_cosine
    case .tanh: unsafe pinion_hyperbolic_tangent
    case .square: unsafe pinion_square
    case .squareRoot: unsafe pinion_square_root
    case .floor: unsafe pinion_floor
    case .ceil: unsafe pinion_ceil
    case .round: unsafe pinion_round
    case .truncate: unsafe pinion_truncate
    default: nil
    }
  }

  @inline(__always)
  func apply<Real: ElementaryScalar>(_ tensor: TensorOf<Real>) -> TensorOf<Real> {
    switch self {
    case .negate: tensor.apply { -$0 }
    case .magnitude: tensor.apply { $0.magnitude }
    case .squareRoot: tensor.apply { $0.squareRoot() }
    case .square: tensor.apply { $0 * $0 }
    case .exp: tensor.apply(Real.exp)
    case .expm1: tensor.apply(Real.expm1)
    case .log: tensor.apply(Real.log)
    case .log1p: tensor.apply(Real.log1p)
    case .log2: tensor.apply(Real.log2)
    case .log10: tensor.apply(Real.log10)
    case .sin: tensor.apply(Real.sin)
    case .cos: tensor.apply(Real.cos)
    case .tan: tensor.apply(Real.tan)
    case .arcsine: tensor.apply(Real.asin)
    case .arccosine: tensor.apply(Real.acos)
    case .arctangent: tensor.apply(Real.atan)
    case .sinh: tensor.apply(Real.sinh)
    case .cosh: tensor.apply(Real.cosh)
    case .tanh: tensor.apply(Real.tanh)
    case .floor: tensor.apply { $0.rounded(.down) }
    case .ceil: tensor.apply { $0.rounded(.up) }
    case .round: tensor.apply { $0.rounded(.toNearestOrEven) }
    case .truncate: tensor.apply { $0.rounded(.towardZero) }
    case .sign: tensor.apply { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }
    }
  }
}

extension TensorOf where Scalar: RealScalar {
  static func combine(_ function: BinaryFunction, _ left: Self, _ right: Self) -> Self {
    Scalar.self == Float.self
      ? function.combine(left.viewed(as: Float.self), right.viewed(as: Float.self))
        .viewed(as: Scalar.self)
      : function.combine(left.viewed(as: Double.self), right.viewed(as: Double.self))
        .viewed(as: Scalar.self)
  }

  mutating func combineInPlace(_ function: BinaryFunction, _ right: Self) {
    if Scalar.self == Float.self {
      let right = right.viewed(as: Float.self)
      mutateViewed(as: Float.self) { function.combine(&$0, with: right) }
    } else {
      let right = right.viewed(as: Double.self)
      mutateViewed(as: Double.self) { function.combine(&$0, with: right) }
    }
  }

  func apply(_ function: UnaryFunction) -> Self {
    guard Scalar.self == Float.self else {
      return function.apply(viewed(as: Double.self)).viewed(as: Scalar.self)
    }
    let own = viewed(as: Float.self)
    guard let kernel = unsafe function.kernel else {
      return function.apply(own).viewed(as: Scalar.self)
    }
    return Tensor(writing: shape) { result in
      own.read { unsafe kernel($0.base, $0.count, result.base) }
    }.viewed(as: Scalar.self)
  }
}
