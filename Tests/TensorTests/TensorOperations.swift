import PinionTensor

/// The operations that `make_tensor_fixtures.py` names, on tensors of either precision.
enum TensorOperations<Scalar: RealScalar> {
  typealias T = TensorOf<Scalar>
  typealias Operation = ([T]) -> [T]

  static var all: [String: Operation] {
    var result: [String: Operation] = [:]
    for part in [functions, comparisons, arrangements, gathering, sorting, reductions, products] {
      result.merge(part) { $1 }
    }
    return result
  }

  static func numbers(_ mask: Mask) -> T {
    T.where(mask, T.ones(mask.shape), 0)
  }

  static func numbers(_ indices: IndexTensor) -> T {
    T(shape: indices.shape, elements: indices.elements.map { Scalar($0) })
  }

  static func indices(_ numbers: T) -> IndexTensor {
    IndexTensor(shape: numbers.shape, elements: numbers.elements.map { Int32($0) })
  }

  static var functions: [String: Operation] {
    [
      "exp": { [$0[0].exp()] }, "expm1": { [$0[0].expm1()] }, "log": { [$0[0].log()] },
      "log2": { [$0[0].log2()] }, "log10": { [$0[0].log10()] }, "log1p": { [$0[0].log1p()] },
      "sqrt": { [$0[0].squareRoot()] }, "sin": { [$0[0].sin()] }, "cos": { [$0[0].cos()] },
      "tan": { [$0[0].tan()] }, "sinh": { [$0[0].sinh()] }, "cosh": { [$0[0].cosh()] },
      "tanh": { [$0[0].tanh()] }, "arcsin": { [$0[0].arcsin()] }, "arccos": { [$0[0].arccos()] },
      "arctan": { [$0[0].arctan()] }, "floor": { [$0[0].floor()] }, "ceil": { [$0[0].ceil()] },
      "round": { [$0[0].rounded()] }, "trunc": { [$0[0].truncated()] },
      "sign": { [$0[0].sign()] }, "square": { [$0[0].squared()] }, "abs": { [$0[0].abs()] },
      "negative": { [-$0[0]] }, "add": { [$0[0] + $0[1]] }, "subtract": { [$0[0] - $0[1]] },
      "multiply": { [$0[0] * $0[1]] }, "divide": { [$0[0] / $0[1]] },
      "maximum": { [T.maximum($0[0], $0[1])] }, "minimum": { [T.minimum($0[0], $0[1])] },
      "arctan2": { [T.atan2($0[0], $0[1])] }, "mod": { [$0[0].remainder(dividingBy: $0[1])] },
      "power": { [$0[0].pow($0[1])] }, "clip": { [$0[0].clamped(to: -1...0.75)] },
    ]
  }

  static var comparisons: [String: Operation] {
    [
      "less": { [numbers($0[0] .< $0[1])] }, "less_equal": { [numbers($0[0] .<= $0[1])] },
      "greater": { [numbers($0[0] .> $0[1])] }, "greater_equal": { [numbers($0[0] .>= $0[1])] },
      "equal": { [numbers($0[0] .== $0[1])] }, "not_equal": { [numbers($0[0] .!= $0[1])] },
      "isnan": { [numbers($0[0].isNaN())] },
      "where": { [T.where($0[0] .> $0[1], $0[0], $0[1])] },
      "boolean index": { [$0[0][$0[0] .> 0]] },
      "any": { [numbers(($0[0] .> 1).any(along: 0))] },
      "all": { [numbers(($0[0] .> -2).all(along: 1, keepDimensions: true))] },
    ]
  }

  static var arrangements: [String: Operation] {
    [
      "concatenate": { [T.concatenate($0)] }, "stack": { [T.stack($0, along: -1)] },
      "split": { $0[0].split(into: 2) }, "split at": { $0[0].split(at: [1, 1], along: 1) },
      "pad": { [$0[0].padded([(1, 0), (2, 3)], with: 7)] }, "tile": { [$0[0].tiled([2, 3])] },
      "repeat": { [$0[0].repeated(3, along: 1)] }, "flip": { [$0[0].flipped(along: [0, -1])] },
      "roll": { [$0[0].rolled(by: -5, along: 0)] },
      "roll forward": { [$0[0].rolled(by: 2, along: 1)] },
      "every second": { [$0[0][AxisSlice(by: 2), AxisSlice(by: -1)]] },
      "backwards": { [$0[0][stride(from: 3, to: 0, by: -2), AxisSlice(from: -2, by: 1), 1]] },
      "assign backwards": { inputs in
        var copy = inputs[0]
        copy[stride(from: 3, through: 0, by: -2), 1...] = inputs[1]
        return [copy]
      },
    ]
  }

  static var gathering: [String: Operation] {
    [
      "take": { [$0[0].gathered(indices($0[1]))] },
      "take inner": { [$0[0].gathered(indices($0[1]), along: 1)] },
      "take along": { [$0[0].taken(indices($0[1]), along: 0)] },
      "scatter": { inputs in
        var copy = inputs[0]
        copy.scatter(inputs[1], to: indices(inputs[2]), along: 1)
        return [copy]
      },
      "scatter add": { inputs in
        var copy = inputs[0]
        copy.scatterAdd(T(1.5), to: indices(inputs[1]), along: 1)
        return [copy]
      },
    ]
  }

  static var sorting: [String: Operation] {
    [
      "sort": { [$0[0].sorted()] }, "sort down": { [$0[0].sorted(descending: true)] },
      "sort middle": { [$0[0].sorted(along: 1)] }, "argsort": { [numbers($0[0].argsort())] },
      "argsort first": { [numbers($0[0].argsort(along: 0))] },
      "top k": { inputs in
        let top = inputs[0].topK(2)
        return [top.values, numbers(top.positions)]
      },
      "unique": { inputs in
        let (values, counts) = inputs[0].uniqueCounts()
        return [values, numbers(counts)]
      },
      "bincount": { [numbers(indices($0[0]).binCounts(minimumCount: 9))] },
      "histogram": { inputs in
        let (counts, edges) = inputs[0].histogram(bins: 7)
        return [numbers(counts), edges]
      },
      "histogram in range": { inputs in
        let (counts, edges) = inputs[0].histogram(bins: 8, in: -2...2)
        return [numbers(counts), edges]
      },
    ]
  }

  static var reductions: [String: Operation] {
    var result: [String: Operation] = [
      "prod": { [T($0[0].product())] }, "norm": { [T($0[0].norm())] },
      "argmin": { [T($0[0].argmin(along: 1).map { Scalar($0) }).reshaped(to: [5, 3])] },
    ]
    for axis in 0..<3 {
      result["cumsum \(axis)"] = { [$0[0].cumulativeSum(along: axis)] }
      result["cumprod \(axis)"] = { [$0[0].cumulativeProduct(along: axis - 3)] }
      result["prod \(axis)"] = { [$0[0].product(along: Axes(axis))] }
      result["norm \(axis)"] = { [$0[0].norm(along: Axes(axis))] }
    }
    return result
  }

  static var products: [String: Operation] {
    var result: [String: Operation] = ["matmul": { [$0[0].matmul($0[1])] }]
    for subscripts in [
      "ij,jk->ik", "ij,jk", "ij->ji", "ba", "ii", "ii->i", "iij->ij", "ijk->k", "bij,bjk->bik",
      "i,j->ij", "i,i", "i,i->i", "bhqd,bkhd->bhqk", "ijk,kl->jl", "ii,ij->j", "ij,kl->", ",ij->ij",
    ] {
      result["einsum \(subscripts)"] = { inputs in
        inputs.count == 1
          ? [T.einsum(subscripts, inputs[0])] : [T.einsum(subscripts, inputs[0], inputs[1])]
      }
    }
    return result
  }
}
