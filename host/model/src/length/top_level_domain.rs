//! Top-level domains, by which a bare `example.com` is told from the end of a
//! sentence without a space.
//!
//! All country codes, the original and the generic ones in general use, some
//! cities and brands, from IANA's root zone
//! (IANA's database of the root zone). X knows all 1,400: a URL under
//! one that is missing here counts by its characters.

/// End of the top-level domain that starts at `start`; `None` where none does,
/// or where it runs on into a letter, a digit or `@`.
pub(super) fn end(text: &[char], start: usize) -> Option<usize> {
    let text = text.get(start..)?;
    if let ['x' | 'X', 'n' | 'N', '-', '-', encoded @ ..] = text {
        let in_label = |character: &&char| **character == '-' || character.is_ascii_alphanumeric();
        let length = encoded.iter().take_while(in_label).count();
        return (length > 0).then_some(start + 4 + length);
    }
    let letters = text
        .iter()
        .take(LONGEST + 1)
        .take_while(|character| character.is_ascii_alphabetic());
    let name: String = letters.map(char::to_ascii_lowercase).collect();
    let length = if name.is_empty() {
        let matching = INTERNATIONAL.iter().filter(|name| {
            let mut text = text.iter();
            name.chars().all(|wanted| text.next() == Some(&wanted))
        });
        matching.map(|name| name.chars().count()).max()?
    } else {
        ASCII
            .binary_search(&name.as_str())
            .ok()
            .map(|_| name.len())?
    };
    let runs_on = |character: &char| character.is_ascii_alphanumeric() || *character == '@';
    (!text.get(length).is_some_and(runs_on)).then_some(start + length)
}

/// Letters of the longest in [`ASCII`].
const LONGEST: usize = 13;

/// In alphabetical order.
#[rustfmt::skip]
const ASCII: &[&str] = &[
    "ac", "academy", "accountant", "accountants", "actor", "ad", "adult", "ae", "aero", "af", "africa",
    "ag", "agency", "ai", "airforce", "al", "am", "amazon", "amsterdam", "an", "android", "ao",
    "apartments", "app", "apple", "aq", "ar", "archi", "army", "arpa", "art", "as", "asia",
    "associates", "at", "attorney", "au", "auction", "audio", "auto", "autos", "aw", "aws", "ax", "az",
    "azure", "ba", "baby", "band", "bank", "bar", "barcelona", "bargains", "baseball", "basketball",
    "bayern", "bb", "bbc", "bd", "be", "beauty", "beer", "berlin", "best", "bet", "bf", "bg", "bh",
    "bi", "bid", "bike", "bing", "bingo", "bio", "biz", "bj", "bl", "black", "blackfriday", "blog",
    "blue", "bm", "bmw", "bn", "bnpparibas", "bo", "boats", "bond", "book", "boston", "boutique", "box",
    "bq", "br", "broker", "brussels", "bs", "bt", "budapest", "build", "builders", "business", "buy",
    "buzz", "bv", "bw", "by", "bz", "bzh", "ca", "cab", "cafe", "call", "cam", "camera", "camp",
    "canon", "capetown", "capital", "car", "cards", "care", "career", "careers", "cars", "casa", "cash",
    "casino", "cat", "catering", "cc", "cd", "center", "ceo", "cf", "cg", "ch", "chat", "cheap",
    "christmas", "chrome", "church", "ci", "cisco", "city", "ck", "cl", "claims", "cleaning", "click",
    "clinic", "clothing", "cloud", "club", "cm", "cn", "co", "coach", "codes", "coffee", "college",
    "cologne", "com", "community", "company", "compare", "computer", "condos", "construction",
    "consulting", "contact", "contractors", "cooking", "cool", "coop", "corsica", "country", "coupon",
    "coupons", "courses", "cr", "credit", "creditcard", "cricket", "cruise", "cruises", "cu", "cv",
    "cw", "cx", "cy", "cymru", "cz", "dance", "data", "date", "dating", "day", "de", "deal", "dealer",
    "deals", "degree", "delivery", "dell", "democrat", "dental", "dentist", "design", "dev", "dhl",
    "diamonds", "diet", "digital", "direct", "directory", "discount", "diy", "dj", "dk", "dm", "do",
    "doctor", "dog", "domains", "dot", "download", "drive", "dubai", "durban", "dz", "earth", "eat",
    "ec", "eco", "edu", "education", "ee", "eg", "eh", "email", "energy", "engineer", "engineering",
    "enterprises", "equipment", "er", "es", "esq", "estate", "et", "eu", "eus", "events", "exchange",
    "expert", "exposed", "express", "fail", "faith", "family", "fan", "fans", "farm", "fashion",
    "fedex", "feedback", "ferrari", "fi", "film", "final", "finance", "financial", "fish", "fishing",
    "fit", "fitness", "fj", "fk", "flights", "florist", "flowers", "fly", "fm", "fo", "foo", "food",
    "football", "ford", "forex", "forsale", "forum", "foundation", "fr", "free", "frl", "fun", "fund",
    "furniture", "futbol", "fyi", "ga", "gal", "gallery", "game", "games", "garden", "gay", "gb", "gd",
    "gdn", "ge", "gent", "gf", "gg", "gh", "gi", "gift", "gifts", "gives", "giving", "gl", "glass",
    "gle", "global", "gm", "gmail", "gmbh", "gn", "gold", "golf", "goog", "google", "gop", "gov", "gp",
    "gq", "gr", "graphics", "gratis", "green", "gripe", "grocery", "group", "gs", "gt", "gu", "guide",
    "guitars", "guru", "gw", "gy", "hair", "hamburg", "haus", "health", "healthcare", "help",
    "helsinki", "here", "hiphop", "hiv", "hk", "hm", "hn", "hockey", "holdings", "holiday", "homes",
    "horse", "hospital", "host", "hosting", "hot", "hotel", "hoteles", "hotels", "house", "how", "hr",
    "hsbc", "ht", "hu", "hyundai", "ibm", "ice", "icu", "id", "ie", "il", "im", "imdb", "immo",
    "immobilien", "in", "inc", "industries", "info", "ing", "ink", "institute", "insurance", "insure",
    "int", "international", "investments", "io", "iq", "ir", "irish", "is", "ist", "istanbul", "it",
    "java", "je", "jetzt", "jewelry", "jm", "jo", "jobs", "joburg", "joy", "jp", "juegos", "kaufen",
    "ke", "kg", "kh", "ki", "kids", "kim", "kitchen", "kiwi", "km", "kn", "koeln", "kp", "kr", "kw",
    "ky", "kyoto", "kz", "la", "land", "lat", "latino", "law", "lawyer", "lb", "lc", "lease", "legal",
    "lego", "lexus", "lgbt", "li", "lidl", "life", "lifestyle", "lighting", "like", "limited", "limo",
    "link", "live", "living", "lk", "llc", "llp", "loan", "loans", "locker", "lol", "london", "lotto",
    "love", "lr", "ls", "lt", "ltd", "ltda", "lu", "luxe", "luxury", "lv", "ly", "ma", "madrid",
    "maison", "makeup", "management", "map", "market", "marketing", "markets", "mba", "mc", "md", "me",
    "med", "media", "meet", "melbourne", "meme", "memorial", "men", "menu", "mf", "mg", "mh", "miami",
    "microsoft", "mil", "mk", "ml", "mm", "mn", "mo", "mobi", "moda", "moe", "mom", "money", "monster",
    "mortgage", "moscow", "moto", "motorcycles", "mov", "movie", "mp", "mq", "mr", "ms", "mt", "mu",
    "museum", "music", "mv", "mw", "mx", "my", "mz", "na", "nagoya", "name", "navy", "nc", "ne", "net",
    "netflix", "network", "new", "news", "nf", "ng", "ngo", "ni", "nike", "ninja", "nissan", "nl", "no",
    "now", "np", "nr", "nrw", "nu", "nyc", "nz", "observer", "off", "office", "okinawa", "om", "one",
    "ong", "onion", "onl", "online", "open", "oracle", "org", "organic", "osaka", "pa", "page", "paris",
    "partners", "parts", "party", "pay", "pe", "pet", "pf", "pg", "ph", "pharmacy", "phd", "philips",
    "phone", "photo", "photography", "photos", "physio", "pics", "pictures", "pid", "pink", "pizza",
    "pk", "pl", "place", "play", "playstation", "plumbing", "plus", "pm", "pn", "poker", "porn", "post",
    "pr", "press", "prime", "pro", "prod", "productions", "prof", "promo", "properties", "property",
    "protection", "ps", "pt", "pub", "pw", "py", "qa", "quebec", "quest", "racing", "radio", "re",
    "read", "realestate", "realtor", "realty", "recipes", "red", "rehab", "reise", "reisen", "reit",
    "rent", "rentals", "repair", "report", "republican", "rest", "restaurant", "review", "reviews",
    "rich", "rio", "rip", "ro", "rocks", "rodeo", "room", "rs", "rsvp", "ru", "rugby", "ruhr", "run",
    "rw", "sa", "saarland", "safe", "safety", "sale", "salon", "samsung", "sap", "sarl", "save", "sb",
    "sc", "school", "schule", "science", "scot", "sd", "se", "search", "seat", "secure", "security",
    "select", "services", "sex", "sexy", "sg", "sh", "sharp", "shell", "shoes", "shop", "shopping",
    "show", "si", "singles", "site", "sj", "sk", "ski", "skin", "sky", "skype", "sl", "sm", "smile",
    "sn", "so", "soccer", "social", "software", "solar", "solutions", "song", "sony", "soy", "spa",
    "space", "sport", "spot", "sr", "srl", "ss", "st", "stockholm", "storage", "store", "stream",
    "studio", "study", "style", "su", "sucks", "supplies", "supply", "support", "surf", "surgery", "sv",
    "swiss", "sx", "sy", "sydney", "systems", "sz", "taipei", "talk", "tatar", "tattoo", "tax", "taxi",
    "tc", "td", "team", "tech", "technology", "tel", "tennis", "tf", "tg", "th", "theater", "theatre",
    "tickets", "tienda", "tips", "tires", "tirol", "tj", "tk", "tl", "tm", "tn", "to", "today", "tokyo",
    "tools", "top", "tours", "town", "toyota", "toys", "tp", "tr", "trade", "trading", "training",
    "travel", "trust", "tt", "tube", "tv", "tw", "tz", "ua", "ug", "uk", "um", "university", "uno",
    "ups", "us", "uy", "uz", "va", "vacations", "vc", "ve", "vegas", "ventures", "versicherung", "vet",
    "vg", "vi", "viajes", "video", "villas", "vin", "vip", "visa", "vision", "vivo", "vlaanderen", "vn",
    "vodka", "volkswagen", "volvo", "vote", "voting", "voto", "voyage", "vu", "wales", "walmart",
    "wang", "watch", "watches", "weather", "web", "webcam", "website", "wed", "wedding", "wf",
    "whoswho", "wien", "wiki", "win", "wine", "winners", "work", "works", "world", "wow", "ws", "wtf",
    "xbox", "xerox", "xin", "xxx", "xyz", "yachts", "yahoo", "yandex", "ye", "yoga", "yokohama", "you",
    "youtube", "yt", "za", "zero", "zip", "zm", "zone", "zuerich", "zw",
];

#[rustfmt::skip]
const INTERNATIONAL: &[&str] = &[
    "한국", "香港", "澳門", "新加坡", "台灣", "台湾", "中國", "中国", "გე", "ລາວ", "ไทย", "ලංකා", "ഭാരതം", "ಭಾರತ",
    "భారత్", "சிங்கப்பூர்", "இலங்கை", "இந்தியா", "ଭାରତ", "ભારત", "ਭਾਰਤ", "ভাৰত", "ভারত", "বাংলা",
    "भारोत", "भारतम्", "भारत", "ڀارت", "پاکستان", "موريتانيا", "مليسيا", "مصر", "قطر", "فلسطين", "عمان",
    "عراق", "سورية", "سودان", "تونس", "بھارت", "بارت", "ایران", "امارات", "المغرب", "السعودية",
    "الجزائر", "البحرين", "الاردن", "հայ", "қаз", "укр", "срб", "рф", "мон", "мкд", "ею", "бел", "бг",
    "ευ", "ελ", "삼성", "닷컴", "닷넷", "集团", "購物", "购物", "谷歌", "网络", "网站", "网店", "网址", "移动", "游戏", "机构",
    "时尚", "新闻", "政府", "政务", "手机", "我爱你", "慈善", "广东", "商标", "商店", "商城", "公益", "公司", "健康", "信息", "企业",
    "中文网", "世界", "在线", "娱乐", "餐厅", "食品", "ポイント", "ファッション", "セール", "ストア", "コム", "みんな", "クラウド", "คอม",
    "संगठन", "नेट", "कॉम", "موقع", "كوم", "عرب", "شبكة", "بازار", "ابوظبي", "קום", "сайт", "рус", "орг",
    "онлайн", "москва", "ком", "дети",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_its_longest_entry_is_known() {
        assert!(ASCII.is_sorted_by(|left, right| left < right));
        assert_eq!(ASCII.iter().map(|name| name.len()).max(), Some(LONGEST));
    }
}
