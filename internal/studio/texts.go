package studio

// texts are the page's words by language.
var texts = map[string]map[string]string{
	"en": {
		"signedIn": "You are signed in as",
		"noStudio": "The web studio is not part of this build yet. Everything works from the command line and from Azure Machine Learning's own clients.",
		"goOn":     "On this machine, go on with:",
		"link":     "This link signs this browser in to Atelier, once.",
		"signIn":   "Sign in",
		"spent":    "This sign-in link is not good any more: it works once, within ten minutes. Start Atelier again for a new one.",
		"nobody":   "Nobody is signed in. Open the sign-in link that Atelier printed when it started; on this machine, the command line needs none.",
	},
	"ko": {
		"signedIn": "로그인한 사용자:",
		"noStudio": "웹 스튜디오는 아직 이 빌드에 들어 있지 않습니다. 모든 기능은 명령줄과 Azure Machine Learning 클라이언트에서 사용할 수 있습니다.",
		"goOn":     "이 컴퓨터에서 다음 명령으로 계속하세요.",
		"link":     "이 링크는 이 브라우저를 Atelier에 한 번 로그인시킵니다.",
		"signIn":   "로그인",
		"spent":    "이 로그인 링크는 더 이상 쓸 수 없습니다. 링크는 10분 안에 한 번만 쓸 수 있습니다. 새 링크가 필요하면 Atelier를 다시 시작하세요.",
		"nobody":   "로그인하지 않았습니다. Atelier가 시작할 때 표시한 로그인 링크를 여세요. 이 컴퓨터의 명령줄에서는 로그인이 필요 없습니다.",
	},
}
