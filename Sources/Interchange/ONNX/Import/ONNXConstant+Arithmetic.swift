internal import Glibc
internal import PinionTensor

/// Arithmetic of constants, of which the size of the batch may be part.
extension ONNXConstant {
  /// x ∘ y, element by element. Of the size of the batch, only multiples, quotients, n + 0 and
  /// n − 0 are known.
  static func combined(
    _ operation: String, _ x: ONNXConstant, _ y: ONNXConstant, _ budget: ONNXBudget
  ) throws -> ONNXConstant? {
    guard let sizes = broadcast(x.sizes, y.sizes),
      let left = try x.expanded(to: sizes, budget), let right = try y.expanded(to: sizes, budget)
    else { return nil }
    if let left = left.integers, let right = right.integers {
      var values: [Int] = []
      for (a, b) in zip(left, right) {
        guard let value = combined(operation, a, b) else { return nil }
        values.append(value)
      }
      return ONNXConstant(sizes, .integers(values))
    }
    guard let left = try left.reals(budget), let right = try right.reals(budget) else {
      return nil
    }
    let values: [Float]
    switch operation {
    case "Add": values = zip(left, right).map { $0 + $1 }
    case "Sub": values = zip(left, right).map { $0 - $1 }
    case "Mul": values = zip(left, right).map { $0 * $1 }
    case "Div": values = zip(left, right).map { $0 / $1 }
    case "Pow": values = zip(left, right).map { Float(pow(Double($0), Double($1))) }
    default: return nil
    }
    return ONNXConstant(sizes, .reals(values))
  }

  private static func combined(_ operation: String, _ a: Int, _ b: Int) -> Int? {
    if operation == "Equal" { return a == b ? 1 : 0 }
    if isBatch(a) || isBatch(b) {
      switch (operation, a, b) {
      case ("Mul", batch, 1), ("Div", batch, 1), ("Add", batch, 0), ("Sub", batch, 0),
        ("Mul", 1, batch), ("Add", 0, batch):
        return batch
      default: break
      }
      switch (operation, factor(a), factor(b)) {
      case ("Mul", let factor?, nil) where (1..<1 << 20).contains(b):
        return batch(times: factor * b)
      case ("Mul", nil, let factor?) where (1..<1 << 20).contains(a):
        return batch(times: factor * a)
      case ("Div", let factor?, nil) where b > 0 && factor % b == 0:
        return batch(times: factor / b)
      default: return nil
      }
    }
    let (value, overflow): (Int, Bool)
    switch operation {
    case "Add": (value, overflow) = a.addingReportingOverflow(b)
    case "Sub": (value, overflow) = a.subtractingReportingOverflow(b)
    case "Mul": (value, overflow) = a.multipliedReportingOverflow(by: b)
    case "Div": (value, overflow) = a.dividedReportingOverflow(by: b)
    case "Mod":
      guard b > 0 else { return nil }
      // Less than b, whose double may overflow.
      (value, overflow) = (a % b < 0 ? a % b + b : a % b, false)
    default: return nil
    }
    return overflow || isBatch(value) ? nil : value
  }
}
