//! Plots, as SVG: no more than bars and lines.

use std::fmt::Write;

use super::{Measured, Report, Target};

const WIDTH: f64 = 860.0;
const ROW: f64 = 24.0;
/// Where bars begin, behind their names.
const LEFT: f64 = 330.0;
/// Room for the figure behind a bar.
const RIGHT: f64 = 150.0;
const COLOURS: [&str; 6] = [
    "#4c78a8", "#f58518", "#54a24b", "#b279a2", "#e45756", "#72b7b2",
];

/// One bar.
struct Bar {
    name: String,
    value: f64,
    text: String,
    colour: &'static str,
}

/// All plots of a report, by the names of their files.
pub(super) fn all(report: &Report) -> Vec<(String, String)> {
    let mut plots = vec![("targets.svg".to_owned(), targets(report))];
    let mut workloads: Vec<&str> = Vec::new();
    for measured in &report.measured {
        if !workloads.contains(&measured.workload.as_str()) {
            workloads.push(&measured.workload);
        }
    }
    for workload in workloads {
        let of = report.measured.iter().filter(|m| m.workload == workload);
        let of: Vec<_> = of.collect();
        plots.push((file("cpu", workload), cpu(workload, &of)));
        plots.push((file("latency", workload), latency(workload, &of)));
    }
    plots
}

/// The name of a workload's plot.
pub(super) fn file(kind: &str, workload: &str) -> String {
    let plain = workload.chars().map(|c| match c {
        c if c.is_ascii_alphanumeric() => c.to_ascii_lowercase(),
        _ => '-',
    });
    format!("{kind}-{}.svg", plain.collect::<String>())
}

/// How far each target is met: 1 is the target, and longer is better.
fn targets(report: &Report) -> String {
    let judged = report.figures.iter().filter_map(|figure| {
        let value = match figure.target {
            Target::AtMost(most) => most / figure.value,
            Target::AtLeast(least) => figure.value / least,
            Target::None => return None,
        };
        Some(Bar {
            name: format!("{} {}", figure.workload, figure.what),
            value: value.min(3.0),
            text: format!("{:.2} ({})", figure.value, figure.target),
            colour: if value < 0.995 {
                COLOURS[4]
            } else {
                COLOURS[2]
            },
        })
    });
    let bars: Vec<_> = judged.collect();
    bar_chart(
        "Targets: what is beyond 1 is met (cut at 3)",
        &bars,
        Some(1.0),
    )
}

fn cpu(workload: &str, measured: &[&Measured]) -> String {
    let bars = measured.iter().enumerate().map(|(index, measured)| Bar {
        name: measured.server.clone(),
        value: measured.cpu_each,
        text: format!("{:.2} µs", measured.cpu_each),
        colour: COLOURS[index % COLOURS.len()],
    });
    let title = format!("{workload}: the server's processor time for a delivery");
    bar_chart(&title, &bars.collect::<Vec<_>>(), None)
}

fn bar_chart(title: &str, bars: &[Bar], mark: Option<f64>) -> String {
    let height = ROW * (bars.len() as f64 + 2.0);
    let largest = bars.iter().map(|bar| bar.value).fold(1e-9, f64::max);
    let scale = (WIDTH - LEFT - RIGHT) / largest.max(mark.unwrap_or(0.0));
    let mut svg = begin(title, height);
    for (index, bar) in bars.iter().enumerate() {
        let y = ROW * (index as f64 + 1.5);
        let (width, middle) = (bar.value * scale, y + 15.0);
        let (name, text, colour) = (escaped(&bar.name), escaped(&bar.text), bar.colour);
        let _ = writeln!(
            svg,
            r#"<text x="{:.0}" y="{middle:.0}" text-anchor="end">{name}</text>
<rect x="{LEFT}" y="{:.0}" width="{width:.1}" height="{:.0}" fill="{colour}"/>
<text x="{:.0}" y="{middle:.0}">{text}</text>"#,
            LEFT - 8.0,
            y + 3.0,
            ROW - 8.0,
            LEFT + width + 6.0,
        );
    }
    if let Some(mark) = mark {
        let x = LEFT + mark * scale;
        let _ = writeln!(
            svg,
            r#"<line x1="{x:.1}" x2="{x:.1}" y1="{ROW}" y2="{height}" stroke="black"/>"#
        );
    }
    svg + "</svg>\n"
}

/// How late deliveries were: by quantile, on a scale of powers of ten.
fn latency(workload: &str, measured: &[&Measured]) -> String {
    const HEIGHT: f64 = 300.0;
    let all = measured.iter().flat_map(|m| m.curve.iter().map(|p| p.1));
    let largest = all.fold(100.0, f64::max).log10();
    let at = |index: usize, late: f64| {
        let x = 70.0 + index as f64 * 72.0;
        let y = HEIGHT - 30.0 - late.max(1.0).log10() / largest * (HEIGHT - 80.0);
        (x, y)
    };
    let title = format!("{workload}: latency of deliveries by quantile, in µs");
    let mut svg = begin(&title, HEIGHT);
    grid(&mut svg, largest, &at);
    for (index, measured) in measured.iter().enumerate() {
        let points = measured.curve.iter().enumerate().map(|(index, (_, late))| {
            let (x, y) = at(index, *late);
            format!("{x:.0},{y:.0}")
        });
        let points = points.collect::<Vec<_>>().join(" ");
        let colour = COLOURS[index % COLOURS.len()];
        let (name, y) = (escaped(&measured.server), 60.0 + index as f64 * 20.0);
        let _ = writeln!(
            svg,
            r#"<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>
<text x="690" y="{y:.0}" fill="{colour}">{name}</text>"#
        );
    }
    svg + "</svg>\n"
}

fn grid(svg: &mut String, largest: f64, at: &impl Fn(usize, f64) -> (f64, f64)) {
    for power in 0..=largest as i32 {
        let late = 10f64.powi(power);
        let (_, y) = at(0, late);
        let _ = writeln!(
            svg,
            r##"<line x1="70" x2="646" y1="{y:.0}" y2="{y:.0}" stroke="#ddd"/>
<text x="62" y="{:.0}" text-anchor="end">{late}</text>"##,
            y + 4.0
        );
    }
    for (index, part) in super::QUANTILES.iter().enumerate() {
        let (x, _) = at(index, 1.0);
        let _ = writeln!(
            svg,
            r#"<text x="{x:.0}" y="290" text-anchor="middle">{part}</text>"#
        );
    }
}

fn begin(title: &str, height: f64) -> String {
    let title = escaped(title);
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="13">
<rect width="100%" height="100%" fill="white"/>
<text x="12" y="20" font-weight="bold">{title}</text>
"#
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_files_and_text_is_escaped() {
        assert_eq!(file("cpu", "W1 1 × 100"), "cpu-w1-1---100.svg");
        assert_eq!(escaped("a < b & c"), "a &lt; b &amp; c");
    }
}
