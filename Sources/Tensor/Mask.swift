internal import CPinionKernels
internal import Glibc

extension Mask {
  /// Shapes are broadcast as in NumPy.
  public static func .& (left: Mask, right: Mask) -> Mask {
    unsafe combine(left, right, ".&", bytewise(pinion_and))
  }

  /// Shapes are broadcast as in NumPy.
  public static func .| (left: Mask, right: Mask) -> Mask {
    unsafe combine(left, right, ".|", bytewise(pinion_or))
  }

  /// Shapes are broadcast as in NumPy.
  public static func .^ (left: Mask, right: Mask) -> Mask {
    unsafe combine(left, right, ".^", bytewise(pinion_xor))
  }

  public static prefix func .! (mask: Mask) -> Mask { mask .^ Mask(true) }

  private typealias Rows<Element> = (
    UnsafePointer<Element>, Int, UnsafePointer<Element>, Int, UnsafeMutablePointer<Element>, Int
  ) -> Void

  /// A function of bytes as one of Booleans, which are bytes of 0 or 1.
  private static func bytewise(_ function: @escaping Rows<UInt8>) -> Rows<Bool> {
    { left, step, right, otherStep, result, count in
      unsafe function(
        UnsafeRawPointer(left).assumingMemoryBound(to: UInt8.self), step,
        UnsafeRawPointer(right).assumingMemoryBound(to: UInt8.self), otherStep,
        UnsafeMutableRawPointer(result).assumingMemoryBound(to: UInt8.self), count)
    }
  }

  /// The number of true elements.
  public func trueCount() -> Int {
    read { unsafe pinion_count_ones($0.rebound(to: UInt8.self).base, $0.count) }
  }

  /// Whether any element is true; false without elements.
  public func any() -> Bool { read { unsafe memchr($0.base, 1, $0.count) != nil } }

  /// Whether all elements are true; true without elements.
  public func all() -> Bool { read { unsafe memchr($0.base, 0, $0.count) == nil } }

  /// Whether any element is true along axes, as NumPy's `any`.
  ///
  /// - Parameters:
  ///   - axes: `0`, `-1`, `[0, 1]`; negative numbers count from the end.
  ///   - keepDimensions: Whether the axes are kept with size 1. Default: false.
  public func any(along axes: Axes, keepDimensions: Bool = false) -> Mask {
    reduced(along: axes, keepDimensions, from: false) { $0 || $1 }
  }

  /// Whether all elements are true along axes, as NumPy's `all`.
  ///
  /// - Parameters:
  ///   - axes: `0`, `-1`, `[0, 1]`; negative numbers count from the end.
  ///   - keepDimensions: Whether the axes are kept with size 1. Default: false.
  public func all(along axes: Axes, keepDimensions: Bool = false) -> Mask {
    reduced(along: axes, keepDimensions, from: true) { $0 && $1 }
  }

  @inline(__always)
  private func reduced(
    along axes: Axes, _ keepDimensions: Bool, from start: Bool, _ join: (Bool, Bool) -> Bool
  ) -> Mask {
    let reduction = Reduction(shape, along: axes)
    let results = read { view in reduction.winners(of: view, from: start, join) }
    return Mask(shape: reduction.shape(keepDimensions: keepDimensions), elements: results)
  }

  /// The row-major positions of the true elements, as NumPy's `flatnonzero`.
  public func trueIndices() -> IndexTensor {
    require(count <= Int(Int32.max), "positions in shape \(shape)")
    return IndexTensor(writing: [trueCount()]) { result in
      guard result.count > 0 else { return }
      read { view in
        let bytes = unsafe view.rebound(to: UInt8.self).base
        var (found, index) = (0, 0)
        // Each position is written, and overwritten by the next unless its element is true.
        while found < result.count {
          unsafe result.base[found] = Int32(truncatingIfNeeded: index)
          unsafe found &+= Int(bytes[index])
          index &+= 1
        }
      }
    }
  }
}

extension TensorOf {
  /// The elements of `first` where a mask is true, of `second` elsewhere. Shapes are broadcast as
  /// in NumPy's `where`.
  public static func `where`(_ mask: Mask, _ first: Self, _ second: Self) -> Self {
    guard let pair = first.shape.broadcast(with: second.shape),
      let shape = pair.broadcast(with: mask.shape)
    else {
      stop(
        "where: shapes \(mask.shape), \(first.shape) and \(second.shape) do not fit",
        file: #fileID, line: #line)
    }
    let first = first.count == 1 ? first : first.stretched(to: shape)
    let second = second.count == 1 ? second : second.stretched(to: shape)
    let mask = mask.stretched(to: shape)
    return Self(writing: shape) { result in
      first.read { first in
        second.read { second in
          mask.read { ElementBits.select(result, $0, first, second) }
        }
      }
    }
  }

  /// The elements of `first` where a mask is true, a number elsewhere.
  public static func `where`(_ mask: Mask, _ first: Self, _ second: Scalar) -> Self {
    `where`(mask, first, Self(second))
  }

  private func stretched(to wider: Shape) -> Self {
    shape == wider ? self : broadcast(to: wider)
  }

  /// The elements where a mask of the same shape is true, along one axis. Assigned tensors have one
  /// element, or one for each true element of the mask, in row-major order. Traps if shapes do not
  /// fit. As NumPy's boolean indices.
  public subscript(_ mask: Mask) -> Self {
    get {
      require(mask.shape == shape, "a mask of shape \(mask.shape) for shape \(shape)")
      return flattened().gathered(mask.trueIndices())
    }
    set {
      require(mask.shape == shape, "a mask of shape \(mask.shape) for shape \(shape)")
      let positions = mask.trueIndices()
      require(
        newValue.count == 1 || newValue.count == positions.count,
        "assigning shape \(newValue.shape) to \(positions.count) elements of shape \(shape)")
      let step = newValue.count == 1 ? 0 : 1
      mutate { own in
        newValue.read { source in
          positions.read { positions in
            for index in positions.indices {
              unsafe own.base[Int(positions.base[index])] = unsafe source.base[index * step]
            }
          }
        }
      }
    }
  }
}
