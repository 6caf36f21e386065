/// A score with its answer.
struct ScoredSample: Sendable, Equatable, Codable {
  let score: Float
  let isPositive: Bool
  let weight: Double
}

extension [ScoredSample] {
  /// Σ over distinct scores, from the highest, of `term(ΔTP, ΔFP, TP, FP)`; the totals behind it.
  private func sweep(
    _ term: (
      _ newTrue: Double, _ newFalse: Double, _ truePositives: Double, _ falsePositives: Double
    ) -> Double
  ) -> (sum: Double, positives: Double, negatives: Double) {
    let ordered = sorted { $0.score > $1.score }
    var (sum, positives, negatives) = (0.0, 0.0, 0.0)
    var index = 0
    while index < ordered.count {
      let score = ordered[index].score
      var (newTrue, newFalse) = (0.0, 0.0)
      while index < ordered.count, ordered[index].score == score {
        if ordered[index].isPositive {
          newTrue += ordered[index].weight
        } else {
          newFalse += ordered[index].weight
        }
        index += 1
      }
      positives += newTrue
      negatives += newFalse
      sum += term(newTrue, newFalse, positives, negatives)
    }
    return (sum, positives, negatives)
  }

  /// The probability that a yes scores higher than a no, ties counting half; NaN if there are only
  /// yes or no, 0 without samples.
  var rocArea: Double {
    guard !isEmpty else { return 0 }
    let (area, positives, negatives) = sweep { newTrue, newFalse, truePositives, _ in
      newFalse * (truePositives - newTrue / 2)
    }
    return positives > 0 && negatives > 0 ? area / (positives * negatives) : .nan
  }

  /// Σ (Rₙ − Rₙ₋₁) · Pₙ over the thresholds, which are the scores; 0 without a yes.
  var averagePrecision: Double {
    let (sum, positives, _) = sweep { newTrue, _, truePositives, falsePositives in
      newTrue > 0 ? newTrue * truePositives / (truePositives + falsePositives) : 0
    }
    return positives > 0 ? sum / positives : 0
  }
}
