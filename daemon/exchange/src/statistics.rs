//! What a number of shares says about a hashrate. Shares of a healthy rig are a Poisson process, so a
//! count comes with an interval, and a rate is never shown without one.

/// A 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Both tails together leave out 5 %.
const TAIL: f64 = 0.025;

/// Garwood's exact interval for the mean of a Poisson variable of which `count` was seen
/// (F. Garwood, Biometrika 28, 1936).
pub fn garwood(count: u64) -> Interval {
    let k = count as f64;
    Interval {
        low: if count == 0 { 0.0 } else { gamma_quantile(k, TAIL) },
        high: gamma_quantile(k + 1.0, 1.0 - TAIL),
    }
}

/// Fay and Feuer's gamma interval for a weighted sum of Poisson counts (Statistics in Medicine 16, 1997).
/// `sum` is the sum of the weights of the events seen, `squares` the sum of their squares, `weight_max`
/// the largest weight that an event can have.
pub fn fay_feuer(sum: f64, squares: f64, weight_max: f64) -> Interval {
    let low = if sum > 0.0 && squares > 0.0 {
        squares / sum * gamma_quantile(sum * sum / squares, TAIL)
    } else {
        0.0
    };
    let (sum, squares) = (sum + weight_max, squares + weight_max * weight_max);
    let high =
        if squares > 0.0 { squares / sum * gamma_quantile(sum * sum / squares, 1.0 - TAIL) } else { 0.0 };
    Interval { low, high }
}

/// Quantile of the gamma distribution with the given shape and scale 1: Wilson and Hilferty's
/// approximation, made exact by Newton's method on the incomplete gamma function.
fn gamma_quantile(shape: f64, p: f64) -> f64 {
    let z = if p < 0.5 { -1.959_963_985 } else { 1.959_963_985 };
    let guess = {
        let a = 1.0 / (9.0 * shape);
        shape * (1.0 - a + z * a.sqrt()).powi(3)
    };
    // Where the approximation falls below zero the density is near a power of x.
    let small = (p.ln() + ln_gamma(shape + 1.0)) / shape;
    let mut x = if guess > 1e-3 * shape { guess } else { small.exp() };
    for _ in 0..60 {
        let error = gamma_p(shape, x) - p;
        let density = ((shape - 1.0) * x.ln() - x - ln_gamma(shape)).exp();
        if density <= 0.0 || !density.is_finite() {
            break;
        }
        let next = (x - error / density).clamp(x / 4.0, x * 4.0);
        if (next / x - 1.0).abs() < 1e-12 {
            return next;
        }
        x = next;
    }
    x
}

/// Regularized lower incomplete gamma function, by series below `a + 1` and by continued fraction above
/// (Press et al., Numerical Recipes, 6.2).
fn gamma_p(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let front = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        while term > sum * 1e-16 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        return front * sum;
    }
    let tiny = 1e-300;
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / tiny;
    let mut d = 1.0 / b;
    let mut h = d;
    for i in 1..100_000 {
        let i = f64::from(i);
        let an = -i * (i - a);
        b += 2.0;
        d = an * d + b;
        d = 1.0 / if d.abs() < tiny { tiny } else { d };
        c = b + an / c;
        c = if c.abs() < tiny { tiny } else { c };
        let delta = d * c;
        h *= delta;
        if (delta - 1.0).abs() < 1e-15 {
            break;
        }
    }
    1.0 - front * h
}

/// Natural logarithm of the gamma function (Lanczos, g = 7).
pub(crate) fn ln_gamma(x: f64) -> f64 {
    const G: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let t = x + 7.5;
    let sum = G[1..].iter().enumerate().fold(G[0], |sum, (i, g)| sum + g / (x + i as f64 + 1.0));
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64, tolerance: f64) -> bool {
        (a - b).abs() <= tolerance * b.abs().max(1e-9)
    }

    #[test]
    fn garwood_as_tabulated() {
        // Exact values: chi-square quantiles halved.
        for (count, low, high) in [
            (0, 0.0, 3.688_879),
            (1, 0.025_318, 5.571_643),
            (5, 1.623_486, 11.668_332),
            (20, 12.216_5, 30.888_4),
        ] {
            let interval = garwood(count);
            assert!(near(interval.low, low, 1e-4), "{count}: {interval:?}");
            assert!(near(interval.high, high, 1e-4), "{count}: {interval:?}");
        }
        // Relative width by count, as scheduling references give it.
        let interval = garwood(1200);
        assert!(near(interval.low / 1200.0 - 1.0, -0.056, 0.01), "{interval:?}");
        assert!(near(interval.high / 1200.0 - 1.0, 0.058, 0.02), "{interval:?}");
    }

    #[test]
    fn equal_weights_give_garwoods_interval() {
        for count in [1u64, 3, 40, 4000] {
            let k = count as f64;
            let (exact, weighted) = (garwood(count), fay_feuer(k * 2.0, k * 4.0, 2.0));
            assert!(near(weighted.low, exact.low * 2.0, 1e-9) && near(weighted.high, exact.high * 2.0, 1e-9));
        }
    }

    #[test]
    fn mixed_weights_are_wider_than_their_count() {
        // 100 shares of weight 1 and 100 of weight 64: judged as 200 equal ones the interval is far too narrow.
        let sum = 100.0 + 6400.0;
        let weighted = fay_feuer(sum, 100.0 + 100.0 * 4096.0, 64.0);
        let naive = garwood(200);
        assert!((weighted.high - weighted.low) / sum > 1.3 * (naive.high - naive.low) / 200.0);
    }
}
