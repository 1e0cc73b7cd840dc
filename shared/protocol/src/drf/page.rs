//! Lists in numbered pages: how many there are in all, where the pages beside this one are, and
//! what is on it.

use serde::Serialize;

use super::{Refusal, detail, json};

/// The parameter that names a page.
const PAGE: &str = "page";

/// The word for the last page.
const LAST: &str = "last";

/// How many items the pages of a list have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// Where the client does not say.
    pub usual: usize,
    /// What a client may ask for at most with `page_size`; `None` where it cannot ask.
    pub most: Option<usize>,
}

/// Which page a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Its number, from 1; `None` is the last.
    number: Option<usize>,
    size: usize,
}

/// A page of a list whose length is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    number: usize,
    size: usize,
    count: usize,
}

#[derive(Serialize)]
struct List<'a, T> {
    count: usize,
    next: Option<String>,
    previous: Option<String>,
    results: &'a [T],
}

impl Asked {
    /// Reads the parameters `page` and `page_size`. A size that is none, or too large, counts as what
    /// the list has.
    ///
    /// # Errors
    /// `Invalid page.` for what cannot be the number of a page.
    pub fn read(page: Option<&str>, size: Option<&str>, sizes: Sizes) -> Result<Self, Refusal> {
        let wanted = size
            .and_then(|size| size.parse().ok())
            .filter(|size| *size > 0);
        let size = match (sizes.most, wanted) {
            (Some(most), Some(wanted)) => most.min(wanted),
            _ => sizes.usual,
        };
        let number = match page {
            Some(LAST) => None,
            Some(page) => Some(page.trim().parse().map_err(|_| invalid())?),
            None => Some(1),
        };
        match number {
            Some(0) => Err(invalid()),
            number => Ok(Self { number, size }),
        }
    }

    /// The page, in a list of `count` items. The first is always there.
    ///
    /// # Errors
    /// `Invalid page.` for one behind the last.
    pub fn span(self, count: usize) -> Result<Span, Refusal> {
        let last = count.div_ceil(self.size).max(1);
        let number = self.number.unwrap_or(last);
        if number > last {
            return Err(invalid());
        }
        Ok(Span {
            number,
            size: self.size,
            count,
        })
    }
}

impl Span {
    /// How many items stand before it.
    #[must_use]
    pub fn skip(self) -> usize {
        (self.number - 1) * self.size
    }

    /// How many items it has at most.
    #[must_use]
    pub fn take(self) -> usize {
        self.size
    }

    /// Its items, of a list that is whole.
    pub fn of<T>(self, items: Vec<T>) -> Vec<T> {
        items
            .into_iter()
            .skip(self.skip())
            .take(self.size)
            .collect()
    }

    fn next(self) -> Option<usize> {
        (self.number * self.size < self.count).then_some(self.number + 1)
    }

    fn previous(self) -> Option<usize> {
        (self.number > 1).then(|| self.number - 1)
    }
}

/// Writes a page. `url` is what was asked, whole: the pages beside this one are told as that with
/// another number.
#[must_use]
pub fn list<T: Serialize>(url: &str, span: Span, results: &[T]) -> String {
    json(&List {
        count: span.count,
        next: span.next().map(|number| beside(url, number)),
        previous: span.previous().map(|number| beside(url, number)),
        results,
    })
}

/// The same address with another page; the first needs no number.
fn beside(url: &str, number: usize) -> String {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let others = query.split('&').filter(|pair| !pair.is_empty());
    let others = others.filter(|pair| pair.split('=').next() != Some(PAGE));
    let mut pairs: Vec<String> = others.map(str::to_owned).collect();
    if number > 1 {
        pairs.push(format!("{PAGE}={number}"));
    }
    pairs.sort_unstable();
    match pairs.is_empty() {
        true => path.to_owned(),
        false => format!("{path}?{}", pairs.join("&")),
    }
}

fn invalid() -> Refusal {
    detail(404, "Invalid page.")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const TENS: Sizes = Sizes {
        usual: 10,
        most: None,
    };

    fn page(number: &str, count: usize) -> Result<Span, Refusal> {
        Asked::read(Some(number), None, TENS)?.span(count)
    }

    #[test]
    fn pages_are_numbered_from_one_to_the_last() {
        let first = Asked::read(None, None, TENS).unwrap().span(0).unwrap();
        assert_eq!((first.skip(), first.take()), (0, 10), "it is always there");
        assert_eq!(page("3", 21).unwrap().skip(), 20);
        assert_eq!(page("last", 21).unwrap(), page("3", 21).unwrap());
        assert_eq!(page("2", 21).unwrap().of((0..21).collect()).len(), 10);
        let words = r#"{"detail":"Invalid page."}"#;
        for number in ["0", "-1", "x", "", "1.5", "4", "99999999999999999999"] {
            let refused = page(number, 21).unwrap_err();
            assert_eq!(
                (refused.status, refused.body.as_str()),
                (404, words),
                "{number}"
            );
        }
    }

    #[test]
    fn a_size_is_taken_where_it_may_be_said() {
        let sizes = Sizes {
            usual: 50,
            most: Some(100),
        };
        let size = |said, sizes| Asked::read(None, said, sizes).unwrap().size;
        let told = [Some("20"), Some("1000"), Some("0"), Some("x"), None];
        assert_eq!(told.map(|said| size(said, sizes)), [20, 100, 50, 50, 50]);
        assert_eq!(size(Some("20"), TENS), 10);
    }

    #[test]
    fn the_pages_beside_it_are_the_same_address_with_another_number() {
        let url = "http://host/api/list/?page=2&filter=online";
        let body = list(url, page("2", 21).unwrap(), &["a"]);
        let told: Value = serde_json::from_str(&body).unwrap();
        let expected = json!({
            "count": 21, "results": ["a"],
            "next": "http://host/api/list/?filter=online&page=3",
            "previous": "http://host/api/list/?filter=online",
        });
        assert_eq!(told, expected);
        let body = list("http://host/list", page("1", 10).unwrap(), &[1]);
        assert_eq!(
            body,
            r#"{"count":10,"next":null,"previous":null,"results":[1]}"#
        );
    }
}
