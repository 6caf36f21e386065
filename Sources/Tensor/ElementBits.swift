internal import CPinionKernels

/// Loops that move elements without interpreting them. They are compiled once for each size, and so
/// are as fast from generic code as from code for one type.
enum ElementBits {
  /// The memory of elements as unsigned integers of their size.
  @inline(__always)
  private static func bits<Scalar, Bits>(
    _ view: MemoryView<Scalar>, _ type: Bits.Type
  ) -> UnsafeMutablePointer<Bits> {
    unsafe UnsafeMutableRawPointer(view.base).assumingMemoryBound(to: type)
  }

  /// result[i] ← mask[i] ? first[i] : second[i]; views of one element are repeated.
  static func select<Scalar: TensorScalar>(
    _ result: MemoryView<Scalar>, _ mask: MemoryView<Bool>, _ first: MemoryView<Scalar>,
    _ second: MemoryView<Scalar>
  ) {
    let count = result.count
    let (step, otherStep) = (first.count == count ? 1 : 0, second.count == count ? 1 : 0)
    let mask = unsafe UnsafeRawPointer(mask.base).assumingMemoryBound(to: UInt8.self)
    switch MemoryLayout<Scalar>.stride {
    case 1:
      unsafe pinion_select8(
        mask, bits(first, UInt8.self), step, bits(second, UInt8.self), otherStep,
        bits(result, UInt8.self), count)
    case 4:
      unsafe pinion_select32(
        mask, bits(first, UInt32.self), step, bits(second, UInt32.self), otherStep,
        bits(result, UInt32.self), count)
    default:
      unsafe pinion_select64(
        mask, bits(first, UInt64.self), step, bits(second, UInt64.self), otherStep,
        bits(result, UInt64.self), count)
    }
  }

  /// target[2·i] ← first[i], target[2·i + 1] ← second[i], for elements of four bytes.
  static func interleave<Scalar: TensorScalar>(
    _ target: MemoryView<Scalar>, _ first: MemoryView<Scalar>, _ second: MemoryView<Scalar>
  ) {
    unsafe pinion_interleave32(
      bits(first, UInt32.self), bits(second, UInt32.self), first.count, bits(target, UInt32.self))
  }

  /// Blocks of a source of shape (outer, size, inner), copied to a target of shape (outer, indices,
  /// inner). Indices are in 0..<size.
  static func gather<Scalar: TensorScalar>(
    _ target: MemoryView<Scalar>, _ source: MemoryView<Scalar>, _ indices: MemoryView<Int32>,
    outer: Int, size: Int, inner: Int
  ) {
    switch MemoryLayout<Scalar>.stride {
    case 1: gather(target, source, indices, outer, size, inner, UInt8.self)
    case 4: gather(target, source, indices, outer, size, inner, UInt32.self)
    default: gather(target, source, indices, outer, size, inner, UInt64.self)
    }
  }

  @inline(__always)
  private static func gather<Scalar, Bits: FixedWidthInteger>(
    _ target: MemoryView<Scalar>, _ source: MemoryView<Scalar>, _ indices: MemoryView<Int32>,
    _ outer: Int, _ size: Int, _ inner: Int, _ type: Bits.Type
  ) {
    var next = unsafe bits(target, type)
    for block in 0..<outer {
      let start = unsafe bits(source, type) + block * size * inner
      if inner == 1 {
        for index in 0..<indices.count {
          unsafe next[index] = unsafe start[Int(indices.base[index])]
        }
        unsafe next += indices.count
      } else {
        for index in 0..<indices.count {
          unsafe next.update(from: start + Int(indices.base[index]) * inner, count: inner)
          unsafe next += inner
        }
      }
    }
  }

  /// target[o, i, n] ← source[o, indices[o, i, n], n] for a source of shape (outer, size, inner)
  /// and indices of shape (outer, length, inner) in 0..<size.
  static func take<Scalar: TensorScalar>(
    _ target: MemoryView<Scalar>, _ source: MemoryView<Scalar>, _ indices: MemoryView<Int32>,
    size: Int, length: Int, inner: Int
  ) {
    switch MemoryLayout<Scalar>.stride {
    case 1: take(target, source, indices, size, length, inner, UInt8.self)
    case 4: take(target, source, indices, size, length, inner, UInt32.self)
    default: take(target, source, indices, size, length, inner, UInt64.self)
    }
  }

  @inline(__always)
  private static func take<Scalar, Bits: FixedWidthInteger>(
    _ target: MemoryView<Scalar>, _ source: MemoryView<Scalar>, _ indices: MemoryView<Int32>,
    _ size: Int, _ length: Int, _ inner: Int, _ type: Bits.Type
  ) {
    let count = indices.count
    let indices = unsafe indices.base
    let (target, source) = unsafe (bits(target, type), bits(source, type))
    for block in 0..<count / max(1, length * inner) {
      let (start, first) = unsafe (source + block * size * inner, block * length * inner)
      for row in 0..<length {
        let line = first + row * inner
        for column in 0..<inner {
          unsafe target[line &+ column] = unsafe start[
            Int(indices[line &+ column]) &* inner &+ column]
        }
      }
    }
  }
}
